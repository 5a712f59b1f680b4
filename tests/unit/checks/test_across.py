"""Which operations of different tests are run at once: those on one component that change the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dryfit.checks import across
from dryfit.checks.across import ACROSS, MOST_PAIRS, MOST_PARTNERS
from dryfit.checks.overlaps import OverlapPlanner
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.interleaving import Overlap
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trial import Boundary, Crossed, Point, Trial

COLUMNS = (Column("id", key=True), Column("value"))


def holds(spot: tuple[str, str], value: str) -> Digest:
    return Digest((Contents(*spot, COLUMNS, (("1", value),)),))


def trial(
    test: str,
    name: str,
    *spots: tuple[str, str],
    file: str = "test_bank.py",
    given: str = "",
    fixtures: tuple[str, ...] = (),
    prepared: int = 0,
    **more: int,
) -> Trial:
    """The baseline of a test that, after what its fixtures do, performs one operation which changes these places."""
    test = f"{file}::{test}"
    component = name.partition(".")[0]
    seams = [Seam(DRIVER, component, f"{component}.open")] * prepared + [Seam(DRIVER, component, name)]
    crossings = tuple(
        Crossed(
            number,
            -1,
            Point(seam, Place(file, number + 1, "test")),
            "call",
            "returned",
            "",
            given=given,
            prepares=number < prepared,
            **more,  # type: ignore[arg-type]  # as the tests say
        )
        for number, seam in enumerate(seams)
    )
    boundaries = tuple(Boundary(prepared, holds(spot, "1"), holds(spot, "2")) for spot in spots)
    return Trial(test, None, "passed", 0.1, crossings=crossings, boundaries=boundaries, fixtures=fixtures)


ACCOUNTS = ("postgres bank", "accounts")
MAILS = ("postgres bank", "mails")

WITHDRAW = trial("test_withdraw", "bank.withdraw", ACCOUNTS)
CLOSE = trial("test_close", "bank.close", ACCOUNTS)


def planned(*baselines: Trial) -> list[Overlap]:
    planner = OverlapPlanner(seed=7)
    return [overlap for each in baselines for overlap in planner.plan(each) if overlap.others]


def performed(overlap: Overlap) -> list[tuple[str, str]]:
    return [(each.name, each.test) for each in overlap.operations]


def test_operations_that_change_one_table_run_at_once_after_all_others():
    (overlap,) = planned(WITHDRAW, CLOSE)

    assert performed(overlap) == [
        ("bank.close", "test_bank.py::test_close"),
        ("bank.withdraw", "test_bank.py::test_withdraw"),
    ]
    assert (overlap.test, overlap.others) == ("test_bank.py::test_close", ("test_bank.py::test_withdraw",))
    assert (overlap.rank, overlap.seed) == (ACROSS, 7)


def test_the_order_of_the_operations_is_not_that_of_the_tests():
    (overlap,) = planned(CLOSE, WITHDRAW)

    assert overlap.test == "test_bank.py::test_withdraw"
    assert [name for name, _ in performed(overlap)] == ["bank.close", "bank.withdraw"]


@pytest.mark.parametrize(
    "other",
    [
        trial("test_write", "bank.write", MAILS),
        trial("test_report", "bank.report"),
        trial("test_close", "branch.close", ACCOUNTS),
        replace(CLOSE, crossings=(replace(CLOSE.crossings[0], request=0),)),
        replace(CLOSE, crossings=(replace(CLOSE.crossings[0], outcome="raised"),)),
    ],
    ids=["another table", "nothing", "another component", "a request", "refused"],
)
def test_others_do_not(other: Trial):
    assert planned(WITHDRAW, other) == []


def reading(trial: Trial, *tables: str) -> Trial:
    """The same test, whose operation reads these tables."""
    statement = replace(
        trial.crossings[-1],
        index=len(trial.crossings),
        parent=trial.crossings[-1].index,
        point=Point(Seam("bank", "psycopg", "psycopg.Cursor.execute"), Place("bank.py", 9, "withdraw")),
        reads=tables,
    )
    return replace(trial, crossings=(*trial.crossings, statement))


@pytest.mark.parametrize(
    ("here", "there", "is_tried"),
    [(["mails"], ["accounts"], True), (["mails"], [], False), ([], ["accounts"], False)],
)
def test_operations_run_at_once_of_which_each_reads_what_the_other_one_changes(here, there, is_tried):
    withdraw = reading(WITHDRAW, *here)
    write = reading(trial("test_write", "bank.write", MAILS), *there)

    assert bool(planned(withdraw, write)) is is_tried


def test_what_two_tests_do_with_the_same_arguments_is_known_from_each_of_them():
    again = trial("test_withdraw_again", "bank.withdraw", ACCOUNTS)

    assert planned(WITHDRAW, again) == []
    assert len(planned(WITHDRAW, replace(again, crossings=(replace(again.crossings[0], given="b"),)))) == 1


def test_attributes_of_one_class_belong_together_and_lines_are_switch_points():
    (overlap,) = planned(
        trial("test_enter", "garage.enter", ("memory", "garage.Garage.cars")),
        trial("test_close", "garage.close", ("memory", "garage.Garage.is_open")),
    )

    assert overlap.lines


def test_operations_are_counted_from_where_the_body_begins():
    (overlap,) = planned(WITHDRAW, trial("test_close", "bank.close", ACCOUNTS, prepared=3))

    assert [each.nth for each in overlap.operations] == [0, 0]


def test_a_kind_of_pair_is_tried_again_only_by_tests_that_have_more_in_common():
    closing = [
        trial("test_0", "bank.close", ACCOUNTS, file="test_branch.py"),
        trial("test_1", "bank.close", ACCOUNTS, file="test_branch.py"),
        trial("test_2", "bank.close", ACCOUNTS, file="test_branch.py", fixtures=("account",)),
        trial("test_3", "bank.close", ACCOUNTS, fixtures=("account",)),
    ]
    tests = [overlap.test for overlap in planned(replace(WITHDRAW, fixtures=("account",)), *closing)]

    assert tests == ["test_branch.py::test_0", "test_branch.py::test_2"]
    assert len(tests) == MOST_PAIRS


def test_of_several_tests_the_one_with_the_most_in_common_takes_part():
    (overlap,) = planned(
        trial("test_0", "bank.withdraw", ACCOUNTS, file="test_branch.py"),
        replace(WITHDRAW, fixtures=("account",)),
        trial("test_1", "bank.withdraw", ACCOUNTS),
        replace(CLOSE, fixtures=("account",)),
    )

    assert overlap.others == ("test_bank.py::test_withdraw",)


def test_each_operation_has_few_partners():
    many = [trial(f"test_{number}", f"bank.do_{number}", ACCOUNTS) for number in range(12)]
    names = [name for overlap in planned(*many) for name, _ in performed(overlap)]

    assert max(names.count(name) for name in names) == MOST_PARTNERS


def test_the_baselines_of_both_tests_are_put_together():
    inner = Crossed(
        2, 1, Point(Seam("bank", "accounts", "accounts.take"), Place("bank.py", 9)), "call", "returned", ""
    )
    withdraw = trial("test_withdraw", "bank.withdraw", ACCOUNTS, prepared=1)
    withdraw = replace(withdraw, crossings=(*withdraw.crossings, inner))
    (overlap,) = planned(withdraw, CLOSE)

    found = across.baseline(overlap, {each.test: each for each in (withdraw, CLOSE)})

    assert [(each.index, each.parent, each.point.seam.callable) for each in found.crossings] == [
        (0, -1, "bank.close"),
        (1, -1, "bank.withdraw"),
        (2, 1, "accounts.take"),
    ]
