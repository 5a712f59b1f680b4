"""What steps touch, and whether their order may matter."""

from __future__ import annotations

import pytest

from dryfit.model.interleaving import ANYTHING, Footprint

NOTHING = Footprint()
READ = Footprint(reads=frozenset("a"))
WRITTEN = Footprint(writes=frozenset("a"))


@pytest.mark.parametrize(
    ("one", "other", "matters"),
    [
        (READ, READ, False),
        (READ, WRITTEN, True),
        (WRITTEN, WRITTEN, True),
        (WRITTEN, Footprint(writes=frozenset("b")), False),
        (ANYTHING, READ, True),
        (ANYTHING, ANYTHING, True),
        (ANYTHING, NOTHING, False),
        (NOTHING, WRITTEN, False),
    ],
)
def test_the_order_matters_where_one_writes_what_the_other_touches(
    one: Footprint, other: Footprint, matters: bool
) -> None:
    assert one.depends_on(other) is matters
    assert other.depends_on(one) is matters


def test_what_is_joined_is_touched_by_either() -> None:
    assert READ.joined(Footprint(writes=frozenset("b"))) == Footprint(frozenset("a"), frozenset("b"))
    assert READ.joined(ANYTHING) == ANYTHING
