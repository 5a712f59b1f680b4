"""What is said of operations that ran at once, by what explorations of hand-made runs show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dryfit.checks import contention
from dryfit.checks.contention_finding import where
from dryfit.checks.explored import explored_in_part, named
from dryfit.checks.lanes import lanes, steps_of
from dryfit.model.digest import MEMORY, Column, Contents, Digest
from dryfit.model.interleaving import (
    Choice,
    Ended,
    Ending,
    Explored,
    Interleaving,
    Move,
    Operation,
    Overlap,
    Run,
    Sent,
    Step,
    StepKind,
)
from dryfit.model.lanes import HALFWAY
from dryfit.model.reply import Answered, ErrorSeen
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.structure import Sharing
from dryfit.model.trial import Crossed, Point, Trial

TEST = "test_till.py::test_sell"
SELL = Seam(DRIVER, "till", "till.sell")
TAKE = Seam("till", "stock", "stock.take")
READ = Place("stock.py", 7, "take")
WRITE = Place("stock.py", 9, "take")
WAIT = Place("mail.py", 3, "tell")
OVERLAP = Overlap(TEST, (Operation("call", 0, "till.sell", SELL),) * 2)
LEFT = (Column("sku", key=True), Column("left"))


def stock(left: int) -> Digest:
    return Digest((Contents("shop", "stock", LEFT, (('"saw"', str(left)),)),))


SOLD = Ended((("", "'a saw'"),))


def raised(name: str, text: str = "none left", code: str = "") -> Ended:
    return Ended(error=ErrorSeen(0, (name, "builtins.Exception"), text, code=code))


def run(
    *ended: Ended | None,
    left: int,
    ending: Ending = "completed",
    said: str = "",
    steps: tuple[Step, ...] = (),
) -> Run:
    moves = tuple(Move(Choice((0, 1)), step.worker) for step in steps)
    return Run(Interleaving(moves, steps, ending, said), ended, stock(1), stock(left))


def step(
    worker: int, kind: StepKind, what: str = "", place: Place | None = None, by: tuple[int, ...] = ()
) -> Step:
    return Step(worker, kind, what, place, by)


OVERSOLD = run(
    SOLD,
    SOLD,
    left=-1,
    steps=(
        step(0, "began"),
        step(0, "statement", "SELECT left", READ),
        step(1, "began"),
        step(1, "statement", "SELECT left", READ),
        step(1, "statement", "UPDATE stock", WRITE),
        step(1, "returned"),
        step(0, "blocked", "UPDATE stock", WRITE, (1,)),
        step(0, "woken", "UPDATE stock", WRITE),
        step(0, "returned"),
    ),
)

SERIAL = run(SOLD, raised("stock.SoldOut"), left=0)
ALONE = run(SOLD, left=0)


def baseline() -> Trial:
    crossings = (
        Crossed(
            0, -1, Point(SELL, Place("test_till.py", 4, "test_sell")), "call", "returned", "builtins.str"
        ),
        Crossed(1, 0, Point(TAKE, Place("till.py", 5, "sell")), "call", "returned", "NoneType"),
        Crossed(
            2, 1, Point(Seam("stock", "psycopg", "psycopg.Cursor.execute"), READ), "read", "returned", ""
        ),
    )
    return Trial(TEST, None, "passed", 0.1, crossings=crossings)


def judged(*others: Run, **options: object):
    explored = Explored(OVERLAP, ((SERIAL, SERIAL),), ((ALONE, ALONE),), others, tried=12, at_least=12)
    return contention.judge([(replace(explored, **options), baseline())], {})


def test_an_outcome_of_no_serial_order_is_not_serializable():
    (found,) = judged(OVERSOLD, exhausted=True).findings
    evidence = {fact.name: fact.value for fact in found.evidence}

    assert (found.rule, found.seam, found.site) == ("DF501", TAKE, READ)
    assert "both succeed" in found.message
    assert evidence["this one gave"][-1] == 'stock: 1 row changed (sku="saw": left 1 → -1)'
    assert "operation 2 raises stock.SoldOut: none left" in evidence["serial order 1 gives"]
    assert evidence["explored"] == "exhausted: all of 12 interleavings"


def test_a_finding_can_be_replayed_by_its_schedule_and_shows_its_lanes():
    (found,) = judged(OVERSOLD).findings

    assert found.overlap is not None
    assert found.overlap.schedule == OVERSOLD.interleaving.schedule
    kinds = [(step.worker, step.kind) for step in OVERSOLD.interleaving.steps]
    assert [(step.worker, step.kind) for step in found.lanes] == kinds


def across(*operations: str) -> Overlap:
    """Operations of two tests, in the order of their names."""
    tests = (TEST, "test_till.py::test_refund")
    performed = (Operation("call", 0, name, SELL, test) for name, test in zip(operations, tests, strict=True))
    return Overlap(TEST, tuple(performed))


def test_operations_of_two_tests_are_told_with_these():
    (found,) = judged(OVERSOLD, overlap=across("till.sell", "till.refund")).findings
    evidence = {fact.name: fact.value for fact in found.evidence}

    assert "till.sell in test_sell and till.refund in test_refund at once" in found.message
    assert evidence["tests"] == ("test_till.py::test_refund", TEST)
    assert found.seam == TAKE


def test_what_one_test_shows_or_another_pair_is_told_once():
    def explored(overlap: Overlap) -> tuple[Explored, Trial]:
        return Explored(overlap, ((SERIAL, SERIAL),), ((ALONE, ALONE),), (OVERSOLD,)), baseline()

    pairs = [across("till.sell", other) for other in ("till.refund", "till.sort")]
    together = contention.judge([explored(each) for each in (*pairs, OVERLAP)]).findings
    of_pairs = contention.judge([explored(each) for each in pairs]).findings
    (alone,) = judged(OVERSOLD).findings

    assert [(each.id, each.message) for each in together] == [(alone.id, alone.message)]
    assert [each.id for each in of_pairs] == [alone.id]


def test_one_object_that_two_operations_spoil_is_told_once():
    memory = [Digest((Contents("memory", "stock.Stock.left", LEFT, (('"saw"', left),)),)) for left in "10"]
    spoiled = replace(OVERSOLD, before=memory[0], after=memory[1])
    serial = replace(SERIAL, before=memory[0], after=replace(memory[1], contents=()))
    take = Seam("till", "stock", "stock.Stock.take")
    crossed = baseline().crossings
    trial = replace(
        baseline(), crossings=(crossed[0], replace(crossed[1], point=replace(crossed[1].point, seam=take)))
    )
    explored = [
        Explored(
            replace(OVERLAP, operations=(operation,) * 2), ((serial, serial),), ((ALONE, ALONE),), (spoiled,)
        )
        for operation in (OVERLAP.operations[0], Operation("call", 1, "till.set_aside", SELL))
    ]

    in_any_order = [
        contention.judge([(each, trial) for each in order]) for order in (explored, explored[::-1])
    ]
    assert in_any_order[0] == in_any_order[1]
    assert [found.seam for found in in_any_order[0].findings] == [take]


def test_the_lanes_are_told_in_the_order_of_what_happened():
    assert lanes(OVERSOLD.interleaving.steps) == (
        "1 SELECT left  (stock.py:7)",
        "2     SELECT left  (stock.py:7)",
        "2     UPDATE stock  (stock.py:9)",
        "2     returns",
        "1 BLOCKED BY 2  (stock.py:9)",
        "1 woken UPDATE stock",
        "1 returns",
    )


def test_what_statements_are_given_is_told_where_nothing_else_tells_them_apart():
    def given(worker: int, what: str, values: str, kind: StepKind = "statement") -> Step:
        return replace(step(worker, kind, what), given=values)

    raced = run(
        SOLD,
        SOLD,
        left=-1,
        steps=(
            given(0, "SELECT FOR UPDATE", "id=1"),
            given(1, "SELECT FOR UPDATE", "id=2"),
            given(1, "SELECT FOR UPDATE", "id=1", "blocked"),
            given(0, "UPDATE stock", "left=0"),
            given(1, "UPDATE stock", "left=0"),
            given(0, f"INSERT {HALFWAY}", "id=3"),
            given(1, f"INSERT {HALFWAY}", "id=4"),
        ),
    )
    (found,) = judged(raced).findings

    assert [each.what for each in found.lanes] == [
        "SELECT FOR UPDATE  [id=1]",
        "SELECT FOR UPDATE  [id=2]",
        "SELECT FOR UPDATE",
        "UPDATE stock",
        "UPDATE stock",
        f"INSERT {HALFWAY}",
        f"INSERT {HALFWAY}",
    ]
    assert not any(each.given for each in found.lanes)


def test_sizes_of_containers_are_no_part_of_what_is_told():
    told = Ended(((".status", "200"), ("#1", "1"), ("['items']#", "2"), ("['items'][0]", "'saw'")))
    (found,) = judged(run(SOLD, told, left=-1)).findings
    evidence = {fact.name: fact.value for fact in found.evidence}

    assert evidence["this one gave"][1] == "operation 2 returns status 200, ['items'][0] 'saw'"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("psycopg.errors.SerializationFailure", "DF504"),
        ("psycopg.errors.UniqueViolation", "DF504"),
        ("sqlalchemy.orm.exc.StaleDataError", "DF504"),
        ("psycopg.errors.DeadlockDetected", "DF502"),
        ("sqlalchemy.exc.TimeoutError", "DF505"),
    ],
)
def test_an_error_of_contention_that_escapes_is_told_by_what_it_says(name: str, rule: str):
    (found,) = judged(run(SOLD, raised(name), left=0)).findings

    assert found.rule == rule
    assert name in found.message


def answered(status: int, *errors: ErrorSeen) -> Ended:
    return Ended(((".status", str(status)),), answered=Answered(status, errors))


DUPLICATE = ErrorSeen(0, ("psycopg.errors.UniqueViolation",), "duplicate key", path=(READ, WRITE))
TRANSLATED = ErrorSeen(0, ("fastapi.exceptions.HTTPException",), "")


def test_what_a_request_fails_by_is_judged_alike_whether_the_client_raises_it_or_not():
    given = answered(500, DUPLICATE)
    steps = (step(0, "returned"), step(1, "statement", "INSERT", WRITE), step(1, "returned"))
    judgements = [
        judged(run(SOLD, each, left=0, steps=steps)).findings
        for each in (given, replace(given, told=(), error=DUPLICATE))
    ]
    ((found,), _) = judgements
    evidence = {fact.name: fact.value for fact in found.evidence}

    assert judgements[0] == judgements[1]
    assert (found.rule, found.site) == ("DF504", WRITE)
    assert "psycopg.errors.UniqueViolation escapes, answered with status 500" in found.message
    said = "raises psycopg.errors.UniqueViolation: duplicate key, answered with status 500"
    assert evidence["this one gave"][1] == f"operation 2 {said} (stock.py:9)"
    assert evidence["lanes"][-1] == f"2     {said}  (stock.py:9)"


def test_a_failure_that_the_program_makes_of_contention_is_no_handling():
    (found,) = judged(run(SOLD, answered(503, TRANSLATED, DUPLICATE), left=0)).findings

    assert found.rule == "DF504"
    assert "psycopg.errors.UniqueViolation escapes, answered with status 503" in found.message


@pytest.mark.parametrize("errors", [(), (TRANSLATED,)])
def test_nobody_succeeds_who_is_answered_with_a_failure(errors: tuple[ErrorSeen, ...]):
    (found,) = judged(run(SOLD, answered(500, *errors), left=0)).findings

    assert found.rule == "DF501"
    assert "succeed" not in found.message
    assert "answered with status 500" in found.message


def test_an_answer_that_refuses_is_a_refusal_as_an_exception_is():
    refused = answered(409)
    spoiled = judged(run(SOLD, refused, left=-1)).findings

    assert judged(run(SOLD, refused, left=0)).findings == ()
    assert [each.rule for each in spoiled] == ["DF501"]
    assert "operation 2 is answered with status 409" in spoiled[0].message


@pytest.mark.parametrize(
    ("text", "code", "rules"),
    [
        ("database is locked", "SQLITE_BUSY_SNAPSHOT", ["DF504"]),
        ("(sqlite3.OperationalError) database table is locked", "", ["DF504"]),
        ("database is locked", "SQLITE_ERROR", []),
        ("no such table: stock", "", []),
    ],
)
def test_sqlite_says_by_its_code_that_a_database_is_locked(text: str, code: str, rules: list[str]):
    found = judged(run(SOLD, raised("sqlite3.OperationalError", text, code), left=0)).findings

    assert [each.rule for each in found] == rules


def test_an_operation_that_is_refused_and_leaves_the_rest_alone_is_no_finding():
    assert judged(run(SOLD, raised("stock.SomebodyWasFaster"), left=0)).findings == ()


def test_an_operation_that_is_refused_beside_one_that_fails_as_it_does_alone_is_no_finding():
    alone = run(raised("stock.Broken"), left=0)
    serial = run(raised("stock.Broken"), raised("stock.Broken"), left=-1)
    raced = run(raised("stock.Broken"), raised("stock.SomebodyWasFaster"), left=0)
    explored = Explored(OVERLAP, ((serial, serial),), ((alone, alone),), (raced,))

    assert contention.judge([(explored, baseline())], {}).findings == ()


def test_an_operation_that_is_refused_and_leaves_something_is_a_finding():
    assert [each.rule for each in judged(run(SOLD, raised("stock.SomebodyWasFaster"), left=-1)).findings] == [
        "DF501"
    ]


def test_operations_that_wait_for_each_other_are_a_deadlock():
    waiting = (
        step(0, "blocked", "UPDATE stock", WRITE, (1,)),
        step(1, "blocked", "UPDATE stock", WRITE, (0,)),
    )
    (found,) = judged(
        run(None, None, left=1, ending="deadlock", said="1 waits for 2", steps=waiting)
    ).findings

    assert (found.rule, found.site) == ("DF502", WRITE)


def test_an_operation_that_a_server_broke_off_is_a_deadlock_whatever_it_says_of_it():
    steps = (step(0, "victim", "UPDATE stock", WRITE), step(1, "returned"), step(0, "raised"))

    (found,) = judged(run(raised("stock.Unavailable"), SOLD, left=0, steps=steps)).findings
    again = judged(run(SOLD, SOLD, left=-1, steps=steps)).findings

    assert found.rule == "DF502"
    assert [each.rule for each in again] == ["DF501"]


@pytest.mark.parametrize(
    ("source", "shared", "severity"),
    [
        ("memory", {"stock": "nobody", "till": "nobody", "web": "threads"}, "warning"),
        ("memory", {"stock": "threads", "till": "nobody"}, "error"),
        ("memory", {"stock": "nobody", "till": "tasks"}, "error"),
        ("shop", {"stock": "nobody", "till": "nobody"}, "error"),
    ],
)
def test_objects_that_no_second_thread_may_ever_see_are_a_warning(
    source: str, shared: dict[str, Sharing], severity: str
):
    def moved(digest: Digest) -> Digest:
        return Digest(tuple(replace(each, source=source) for each in digest.contents))

    oversold = replace(OVERSOLD, before=moved(OVERSOLD.before), after=moved(OVERSOLD.after))
    explored = Explored(OVERLAP, ((SERIAL, SERIAL),), ((ALONE, ALONE),), (oversold,))
    (found,) = contention.judge([(explored, baseline())], shared).findings

    assert (found.rule, found.severity) == ("DF501", severity)


def test_what_only_tasks_share_is_a_warning_where_a_switch_between_lines_shows_it():
    stock = Digest((Contents("memory", "stock.Stock.left", LEFT, (('"saw"', "1"),)),))
    sold = Digest((Contents("memory", "stock.Stock.left", LEFT, (('"saw"', "0"),)),))
    steps = (step(0, "line", "left = self.left", READ), step(1, "line", "left = self.left", READ))
    raced = replace(run(SOLD, SOLD, left=0, steps=steps), before=stock, after=sold)
    explored = Explored(OVERLAP, ((SERIAL, SERIAL),), ((ALONE, ALONE),), (raced,))
    (found,) = contention.judge([(explored, baseline())], {"stock": "tasks"}).findings

    assert (found.rule, found.severity) == ("DF501", "warning")


def test_operations_that_all_wait_for_what_none_gives_back_are_starved():
    waiting = (step(0, "blocked", "Pool.get", WRITE), step(1, "blocked", "Pool.get", WRITE))
    (found,) = judged(run(None, None, left=1, ending="stuck", said="nothing is left", steps=waiting)).findings

    assert found.rule == "DF505"


@pytest.mark.parametrize(
    ("others", "rule"), [((step(1, "blocked", "Pool.get", WRITE),), "DF505"), ((), "DF501")]
)
def test_operations_that_all_wait_until_the_time_of_one_is_up_are_starved(
    others: tuple[Step, ...], rule: str
):
    waiting = (step(0, "blocked", "Pool.get", WRITE), *others, step(0, "expired", "Pool.get", WRITE))
    (found,) = judged(run(Ended((("", "'none'"),)), SOLD, left=-1, steps=waiting)).findings

    assert found.rule == rule


def test_a_state_that_was_not_read_whole_proves_nothing():
    unread = Digest(skipped=((("shop", "stock"), "somebody holds it locked"),))
    judgement = judged(replace(OVERSOLD, after=unread))

    assert judgement.findings == ()
    assert [each.reason for each in judgement.skipped] == ["inconclusive: shop stock was not read each time"]


def test_a_run_that_proves_nothing_is_told_with_its_reason():
    found = judged(run(SOLD, None, left=0, ending="limit", said="not over within 3 s"))

    assert found.findings == ()
    assert [each.reason for each in found.skipped] == ["inconclusive: not over within 3 s"]


def test_what_could_not_be_explored_is_told():
    found = judged(void="not deterministic, no verdict")

    assert [(each.what, each.reason) for each in found.skipped] == [
        ("two calls of till.sell at once", "not deterministic, no verdict")
    ]


CHARGE = Sent("httpx.Client.send", "POST https://pay/charges", (("", "..."),))
PAID = run(SOLD, SOLD, left=0)


def charged(serial: int, times: int, *ended: Ended) -> tuple[Explored, Trial]:
    usual, other = replace(PAID, sent=(CHARGE,) * serial), replace(PAID, sent=(CHARGE,) * times)
    if ended:
        other = replace(other, ended=ended)
    return Explored(OVERLAP, ((usual, usual),), ((usual, usual),), (other,)), baseline()


def test_what_is_sent_more_often_than_in_a_serial_order_is_told_in_words():
    (found,) = contention.judge([charged(1, 2)]).findings
    evidence = {fact.name: fact.value for fact in found.evidence}

    assert found.rule == "DF501"
    assert found.message.endswith("both succeed; sent twice: httpx.Client.send POST https://pay/charges")
    assert evidence["this one gave"][-1] == "sent twice: httpx.Client.send POST https://pay/charges"
    assert evidence["serial order 1 gives"][-1] == "sent once: httpx.Client.send POST https://pay/charges"


def test_an_operation_that_is_refused_after_it_has_sent_something_has_done_harm():
    refused = raised("stock.SoldOut")

    assert [each.rule for each in contention.judge([charged(1, 2, SOLD, refused)]).findings] == ["DF501"]
    assert contention.judge([charged(1, 1, SOLD, refused)]).findings == ()


def test_an_operation_that_is_refused_and_takes_back_what_it_has_sent_is_refused():
    explored, trial = charged(1, 2, SOLD, raised("stock.SoldOut"))
    refund = replace(CHARGE, what="POST https://pay/refunds")
    (other,) = explored.others
    mended = replace(explored, others=(replace(other, sent=(*other.sent, refund)),))

    assert contention.judge([(mended, trial)]).findings == ()


def test_what_was_explored_in_part_is_named_with_how_to_try_more():
    whole = Explored(OVERLAP, tried=46, at_least=98, exhausted=True)
    left = explored_in_part(replace(whole, exhausted=False))

    assert left is not None
    assert left.what == f"{named(OVERLAP)}, in {OVERLAP.test.rpartition('::')[2]}"
    assert left.reason.startswith("explored in part: budget hit after 46 of at least 98 interleavings")
    assert "budget=196" in left.reason
    assert explored_in_part(whole) is None


@pytest.mark.parametrize(
    ("tried", "more"), [(46, "give --budget more time"), (60, "give budget=120 to its mark")]
)
def test_a_mark_whose_budget_is_not_used_up_has_had_no_more_time(tried, more):
    body = Operation("test", 0, "test_sell")
    cut = Explored(Overlap("test_sell", (body, body), budget=60), tried=tried, at_least=98)

    assert explored_in_part(cut).reason == (
        f"explored in part: budget hit after {tried} of at least 98 interleavings, which came out well;"
        f" to try more of them {more}"
    )


def test_a_run_without_a_verdict_beside_a_finding_says_that_this_stands():
    found = judged(OVERSOLD, run(SOLD, None, left=0, ending="limit", said="not over within 3 s"))

    assert [each.rule for each in found.findings] == ["DF501"]
    assert [each.reason for each in found.skipped] == [
        f"inconclusive: not over within 3 s; {contention.STANDS}"
    ]


SHOWN = Place("stock.py", 11, "take")
RETURNED = Ended((("", "1"),)), Ended((("", "2"),))


def counted(*ended: Ended, steps: tuple[Step, ...] = ()) -> Run:
    """Two operations that count up, whatever they return: the one that comes last returns 2."""
    return run(*ended, left=2, steps=steps)


LATE = (
    step(0, "statement", "UPDATE stock", WRITE),
    step(0, "commit"),
    step(1, "statement", "UPDATE stock", WRITE),
    step(1, "commit"),
    step(1, "statement", "SELECT left", SHOWN),
    step(1, "rollback"),
    step(0, "statement", "SELECT left", SHOWN),
    step(0, "rollback"),
)
WITHIN = (*LATE[:1], *LATE[2:4], *LATE[1:2], *LATE[4:])


@pytest.mark.parametrize(
    ("steps", "left", "severity"), [(LATE, 2, "warning"), (WITHIN, 2, "error"), (LATE, 3, "error")]
)
def test_what_is_read_after_the_own_commit_and_only_returned_is_a_warning(
    steps: tuple[Step, ...], left: int, severity: str
) -> None:
    late = run(RETURNED[1], RETURNED[1], left=left, steps=steps)
    (found,) = judged(late, serial=((counted(*RETURNED),) * 2,)).findings

    assert (found.rule, found.severity) == ("DF501", severity)


def test_of_one_cause_an_error_is_told_before_a_warning_that_takes_fewer_switches() -> None:
    late = counted(RETURNED[1], RETURNED[1], steps=LATE)
    lost = run(RETURNED[0], RETURNED[0], left=3, steps=LATE)
    (found,) = judged(late, lost, serial=((counted(*RETURNED),) * 2,)).findings

    assert found.severity == "error"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("AssertionError", "an assertion of the test does not hold: operation 2 raises AssertionError"),
        ("Failed", "an assertion of the test does not hold: operation 2 raises Failed"),
        ("psycopg.errors.UniqueViolation", "psycopg.errors.UniqueViolation escapes"),
        ("KeyError", "KeyError escapes"),
    ],
)
def test_copies_that_fail_are_told_by_what_happened(error, said):
    body = Operation("test", 0, "test_sign_up")
    overlap = Overlap("test_sign_up.py::test_sign_up", (body, body))
    failed = run(SOLD, raised(error), left=0)
    found = contention.judge([(Explored(overlap, others=(failed,), tried=1), baseline())])

    assert [(each.rule, each.message) for each in found.findings] == [
        ("DF503", f"two copies of test_sign_up at once: {said}")
    ]


def test_what_was_read_in_memory_and_went_stale_is_the_place():
    """Not the await, though there the operation had to give way."""
    free = (Column("object", key=True), Column("value"))
    before, after = (
        Digest((Contents(MEMORY, "stock.Desk.free", free, (("1", value),)),)) for value in ("1", "-1")
    )
    steps = (
        replace(step(0, "read", "Desk.free", READ), given="1"),
        step(0, "await", "sleep", WAIT),
        replace(step(1, "write", "Desk.free", WRITE), given="1 → 0"),
        step(1, "returned"),
        step(0, "resumed", "", WAIT),
        replace(step(0, "write", "Desk.free", WRITE), given="0 → -1"),
        step(0, "returned"),
    )
    found = replace(run(SOLD, SOLD, left=-1, steps=steps), before=before, after=after)

    assert where("DF501", found) == READ
    assert lanes(steps_of(found)) == (
        "1 reads Desk.free: 1  (stock.py:7)",
        "1 awaits sleep  (mail.py:3)",
        "2     writes Desk.free: 1 → 0  (stock.py:9)",
        "2     returns 'a saw'",
        "1 goes on  (mail.py:3)",
        "1 writes Desk.free: 0 → -1  (stock.py:9)",
        "1 returns 'a saw'",
    )
    also_in_database = replace(found, after=Digest((*after.contents, *stock(0).contents)))
    assert where("DF501", also_in_database) == WAIT
