"""Whether a call may have coroutines awaited is known without asking for what need not be installed."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest
from sqlalchemy.util.concurrency import greenlet_spawn

from dryfit.lab import greenlets


def test_a_call_of_an_asynchronous_engine_is_known() -> None:
    assert asyncio.run(greenlet_spawn(greenlets.are_here))
    assert not greenlets.are_here()


def test_where_greenlet_is_not_installed_nobody_imports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_greenlet() -> bool:
        raise ImportError("No module named 'greenlet'")

    util = ModuleType("sqlalchemy.util.concurrency")
    vars(util)["in_greenlet"] = in_greenlet
    monkeypatch.setitem(sys.modules, util.__name__, util)
    monkeypatch.setitem(sys.modules, "greenlet", None)

    assert not greenlets.are_here()
