"""What a call of a driver is told as."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis
import redis.asyncio

from dryfit.lab.driver_calls import Doing, of_crossing

CLIENTS = [redis.Redis, redis.asyncio.Redis]


def executed(client: object) -> Doing:
    callee = SimpleNamespace(name="redis.client.Pipeline.execute", effect="write")
    return of_crossing(cast(Any, SimpleNamespace(component="redis", callee=callee, values=(client, True))))


@pytest.mark.parametrize("client", CLIENTS, ids=["sync", "async"])
def test_a_pipeline_is_told_by_its_commands(client: Any) -> None:
    pipeline = client().pipeline()
    pipeline.scard("seated")
    pipeline.sadd("seated", "ann")

    assert executed(pipeline) == Doing("statement", "SCARD seated; SADD seated")


def test_what_has_no_commands_is_told_by_the_name_of_the_call() -> None:
    assert executed(object()) == Doing("statement", "execute")
