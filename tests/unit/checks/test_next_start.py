"""A start that has failed half-way, and what the next one makes of it.

The trials are hand-made: ``archive.Archive`` makes a row in one statement, and fails in the next one.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from dryfit.checks import exceptions
from dryfit.checks.faulted import Tried
from dryfit.checks.mishandled import told
from dryfit.checks.next_start import NextStart
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trial import Boundary, Crossed, ErrorSeen, Experiment, Fault, Point, Strike, Trial

TEST = "test_archive.py::test_read"
FULL = Fault("disk-full", "sqlite3.OperationalError", "database or disk is full")


def crossed(index, parent, caller, name, effect="call", *, error=-1, line=1):
    point = Point(Seam(caller, name.partition(".")[0], name), Place(f"{caller}.py", line))
    outcome = "raised" if error >= 0 else "returned"
    return Crossed(index, parent, point, effect, outcome, "NoneType", error)


def crossings(maker, *, error=-1):
    """An object is made, by two statements, the second of which may fail."""
    return (
        crossed(0, -1, DRIVER, maker, error=error),
        crossed(1, 0, "archive", "sqlite3.Connection.execute", "write", line=1),
        crossed(2, 0, "archive", "sqlite3.Connection.execute", "write", error=error, line=2),
    )


def state(*rows):
    columns = (Column("name", key=True),)
    return Digest((Contents("sqlite pages.db", "page", columns, tuple((f'"{row}"',) for row in rows)),))


def trial(experiment, maker, *rows, **more):
    failed = experiment is not None
    made = Trial(
        TEST,
        experiment,
        "passed",
        0.01,
        fired=failed,
        crossings=crossings(maker, error=0 if failed else -1),
        errors=(ErrorSeen(0, ("sqlite3.OperationalError",), FULL.text, injected=True),) if failed else (),
        boundaries=(Boundary(0, state(), state(*rows)),),
    )
    return replace(made, **more)


MAKER = "archive.Archive.__init__"


def half_way(maker=MAKER, **more):
    experiment = Experiment(TEST, crossings(maker)[2].point, "before", FULL)
    return trial(replace(experiment, **more), maker, "one")


def findings(again, maker=MAKER):
    """The rules that a failed start breaks, where this is what the second attempt came to."""
    usual = trial(None, maker, "one", "two")
    both = (usual, usual)
    return [
        each.rule
        for each in exceptions.judge((Tried(half_way(maker), both), Tried(again, both))).judgement.findings
    ]


def second_attempt(*rows, maker=MAKER, **more):
    wanted = replace(half_way(maker).experiment, again=True)
    return trial(wanted, maker, *rows, **more)


def test_a_start_that_failed_half_way_is_made_again_once_a_place():
    following = NextStart()
    usual = trial(None, MAKER, "one", "two")
    (wanted,) = following.plan(usual, half_way())
    assert wanted == replace(half_way().experiment, again=True)
    assert told(wanted).endswith("database or disk is full, then the same call again")
    assert list(following.plan(usual, half_way())) == []


@pytest.mark.parametrize(
    "shown",
    [
        half_way("archive.open"),
        half_way(when="after"),
        half_way(again=True),
        half_way(then=(Strike(crossings(MAKER)[2].point, "before", FULL),)),
        replace(half_way(), fired=False),
        replace(half_way(), void="for a reason"),
        replace(half_way(), outcome="hang"),
    ],
)
def test_nothing_else_is_made_again(shown):
    assert list(NextStart().plan(trial(None, MAKER, "one", "two"), shown)) == []


def test_where_nothing_was_done_before_the_failure_nothing_is_made_again():
    first = replace(half_way().experiment, point=crossings(MAKER)[1].point)
    made = crossings(MAKER, error=0)
    shown = trial(first, MAKER, crossings=(made[0], replace(made[1], outcome="raised", error=0)))
    assert list(NextStart().plan(trial(None, MAKER, "one", "two"), shown)) == []


def test_what_the_next_start_makes_up_for_is_no_finding():
    assert findings(second_attempt("one", "two", again="returned")) == []


@pytest.mark.parametrize(
    "again",
    [
        second_attempt("one", again="returned"),
        second_attempt("one", "two", again="raised"),
        second_attempt("one", "two"),
        second_attempt("one", "two", again="returned", void="for a reason"),
        second_attempt("one", "two", again="returned", fired=False),
        second_attempt("one", "two", again="returned", boundaries=()),
    ],
)
def test_a_start_that_the_next_one_does_not_complete_is_a_partial_effect(again):
    assert findings(again) == ["DF302"]


def test_a_start_that_fails_when_all_rows_are_there_is_made_up_for_as_well():
    """What it was about to do may be no row: an index, a trigger."""
    usual = trial(None, MAKER, "one")
    again = second_attempt("one", again="returned")
    alone, both = ([half_way()], [half_way(), again])
    for shown, rules in ((alone, ["DF308"]), (both, [])):
        tried = [Tried(each, (usual, usual)) for each in shown]
        assert [each.rule for each in exceptions.judge(tried).judgement.findings] == rules


def test_whoever_is_no_constructor_has_left_its_work_half_done():
    again = second_attempt("one", "two", maker="archive.open", again="returned")
    assert findings(again, "archive.open") == ["DF302"]


def test_one_place_that_the_next_start_does_not_make_up_for_is_enough():
    usual = trial(None, MAKER, "one", "two")
    done, not_done = second_attempt("one", "two", again="returned"), second_attempt("one", again="raised")
    tried = [Tried(each, (usual, usual)) for each in (half_way(), done, not_done)]
    assert [each.rule for each in exceptions.judge(tried).judgement.findings] == ["DF302"]


def test_it_is_said_what_the_second_attempt_has_done():
    usual = trial(None, MAKER, "one", "two")
    attempts = (second_attempt("one", "two", again="returned"), second_attempt("one", again="returned"))
    broken = exceptions.judge(Tried(each, (usual, usual)) for each in attempts)
    assert [each.said for each in broken.verdicts] == [
        "the second attempt has done the rest",
        "the second attempt has not done the rest",
    ]
