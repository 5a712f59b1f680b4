"""UUIDs that repeat."""

from __future__ import annotations

import os
import secrets
import uuid
from dataclasses import dataclass, field
from threading import Thread
from uuid import uuid4

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.identifiers import deterministic_uuids


@dataclass
class Parcel:
    id: uuid.UUID = field(default_factory=uuid4)


def drawn(seed: str) -> list[uuid.UUID]:
    with deterministic_uuids(seed):
        return [uuid.uuid4(), uuid4(), Parcel().id]


def test_the_same_seed_gives_the_same_by_every_reference() -> None:
    assert drawn("one") == drawn("one")
    assert len({*drawn("one"), *drawn("two")}) == 6


def test_they_are_proper_random_uuids() -> None:
    assert {(made.version, made.variant) for made in drawn("one")} == {(4, uuid.RFC_4122)}


def test_the_fixture_tells_what_comes_next() -> None:
    with deterministic_uuids("one") as uuids:
        first = uuids()
        uuids.restart()
        assert uuid4() == first


def test_threads_are_reached() -> None:
    made: list[uuid.UUID] = []
    with deterministic_uuids("one") as uuids:
        thread = Thread(target=lambda: made.append(uuid4()))
        thread.start()
        thread.join()
        uuids.restart()
        assert made == [uuids()]


def test_other_randomness_is_untouched() -> None:
    with deterministic_uuids("one"):
        first = os.urandom(16), secrets.token_bytes(16), uuid.uuid1()
    with deterministic_uuids("one"):
        assert os.urandom(16) != first[0]
        assert secrets.token_bytes(16) != first[1]
        assert uuid.uuid1() != first[2]


def test_afterwards_all_is_as_before() -> None:
    with pytest.raises(ZeroDivisionError), deterministic_uuids("one"):
        raise ZeroDivisionError
    assert uuid.__dict__["os"] is os
    assert uuid4() != uuid4()


def test_a_python_that_makes_them_otherwise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=1))
    with pytest.raises(ResourceError, match="cannot be made to repeat"), deterministic_uuids("one"):
        pass
    assert uuid.__dict__["os"] is os
