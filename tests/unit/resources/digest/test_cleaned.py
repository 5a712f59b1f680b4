"""Of dryfit's own resources only that is told which another test could have seen."""

import pytest

from dryfit.model.resource import Declaration, Leftover
from dryfit.resources.digest.cleaned import leftover_data

ROW = Leftover("database", "orders", "rows added", 2, ("id=1", "id=2"))
IDLE = Leftover("database", "session 7", "idle in transaction", 1)
MOVED = Leftover("database", "orders_id_seq", "sequence moved", 1)


def declared(isolation: str) -> dict[str, Declaration]:
    return {"database": Declaration("database", "postgres", options={"isolation": isolation})}


@pytest.mark.parametrize("isolation", ["recycle", "rollback", "clone"])
def test_what_is_cleaned_in_time_is_not_told(isolation):
    assert leftover_data([ROW], declared(isolation), "test_one") == ()


def test_what_is_not_cleaned_is_told():
    (told,) = leftover_data([ROW, MOVED], declared("shared"), "test_one", seen_by="test_two")
    assert (told.place, told.change, told.count, told.phase) == ("orders", "rows added", 2, "test")
    assert (told.test, told.seen_by) == ("test_one", "test_two")


def test_what_comes_between_cleaning_and_set_up_is_late():
    (told,) = leftover_data([ROW], declared("recycle"), "test_one", seen_by="test_two", late=True)
    assert told.phase == "late"


def test_a_session_within_a_transaction_is_told():
    (told,) = leftover_data([ROW, IDLE], declared("recycle"), "test_one")
    assert (told.place, told.change) == ("session 7", "transactions ended")
