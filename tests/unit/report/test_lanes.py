"""The lanes of operations that ran at once, in every report but the page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from rich.console import Console

from dryfit.model.finding import Finding
from dryfit.model.interleaving import Step
from dryfit.model.lanes import brief, telling
from dryfit.model.run import Run
from dryfit.model.seam import Place
from dryfit.report import findings, junit, sarif, terminal
from dryfit.report.columns import MOST_STEPS, columns
from dryfit.report.lanes import lanes_of


@pytest.fixture(scope="session")
def raced(sample: ModuleType) -> Run:
    run = sample.raced()
    assert isinstance(run, Run)
    return run


@pytest.fixture(scope="session")
def oversold(raced: Run) -> Finding:
    return raced.findings[-2]


def test_a_terminal_shows_the_lanes_side_by_side(raced: Run, golden: Callable[[str, str], None]) -> None:
    file = io.StringIO()
    terminal.render_findings(raced.findings[-2:], Console(file=file, width=80))
    golden("lanes.txt", file.getvalue())


@pytest.mark.parametrize("width", [80, 110, 160])
def test_columns_keep_the_width(oversold: Finding, width: int) -> None:
    lines = columns(oversold, width)
    assert max(map(len, lines[: lines.index("this one gave:")])) <= width


def test_where_columns_would_be_too_narrow_each_line_names_its_operation(oversold: Finding) -> None:
    lines = columns(oversold, 40)
    assert "2   COMMIT  order.py:18" in lines
    assert "1 BLOCKED BY 2  inventory.py:8" in lines


def test_rows_that_are_read_are_told_where_others_have_gone_on_meanwhile() -> None:
    select, update = Step(0, "statement", "SELECT 1"), Step(1, "statement", "UPDATE t")
    fetch, close = Step(0, "statement", "fetchone of Cursor"), Step(0, "statement", "close of Cursor")
    end, left = Step(0, "statement", "close of Connection"), Step(0, "commit", "COMMIT")

    assert telling((select, fetch, close, left, end, update)) == (select, left, update)
    assert telling((select, update, fetch, end)) == (select, update, fetch, end)


def test_beginnings_and_the_ends_of_empty_transactions_are_left_out(oversold: Finding) -> None:
    kinds = [(step.worker, step.kind) for step in telling(oversold.lanes)]
    assert (1, "rollback") not in kinds
    assert (0, "began") not in kinds
    assert kinds.count((0, "statement")) == 2
    assert kinds.count((0, "commit")) == kinds.count((1, "commit")) == 1


def test_a_rollback_that_takes_something_back_is_told() -> None:
    steps = (
        Step(0, "statement", "UPDATE stock"),
        Step(0, "rollback", "ROLLBACK"),
        Step(0, "rollback", "ROLLBACK"),
    )
    assert telling(steps) == steps[:2]


def test_what_a_driver_does_to_send_statements_together_is_left_out() -> None:
    texts = ("INSERT INTO entries", "enter of Pipeline", "UPDATE wallets", "exit of AsyncPipeline")
    steps = [Step(0, "statement", text) for text in texts]
    assert [step.what for step in telling(steps)] == ["INSERT INTO entries", "UPDATE wallets"]


RESET = "SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;"


def test_what_a_pool_does_to_its_connections_is_left_out() -> None:
    texts = ("set_autocommit of Connection", ";", "SELECT 1;", RESET, "SELECT pg_advisory_unlock_all();")
    steps = [Step(0, "statement", text) for text in texts]
    assert [step.what for step in telling(steps)] == ["SELECT 1;", "SELECT pg_advisory_unlock_all();"]


def test_a_lock_that_has_to_be_waited_for_is_told_as_that() -> None:
    steps = (
        Step(0, "lock", "Box.lock"),
        Step(1, "lock", "Box.lock"),
        Step(0, "lock", "Shelf.lock"),
        Step(1, "blocked", "Box.lock", by=(0,)),
        Step(0, "blocked", "Box.lock", by=(1,)),
    )
    assert telling(steps) == (steps[0], *steps[2:])


def test_what_is_awaited_for_a_statement_is_no_step_of_its_own() -> None:
    place = Place("orders.py", 7)
    steps = (
        Step(0, "statement", "SELECT 1", place),
        Step(0, "await", "PreparedStatement.execute", place),
        Step(1, "statement", "SELECT 2", place),
        Step(0, "resumed", "PreparedStatement.execute", place),
        Step(0, "await", "Event.wait", replace(place, line=8)),
        Step(1, "returned"),
    )
    assert telling(steps) == (steps[0], steps[2], *steps[4:])


def test_a_statement_that_was_stopped_half_way_goes_on_later() -> None:
    what = "INSERT INTO invoices SELECT max(number) + 1 FROM invoices [stopped half-way]"
    steps = [Step(0, kind, what) for kind in ("statement", "blocked", "woken")]
    assert [brief(step) for step in steps] == [
        "INSERT INTO invoices SELECT max(number) + 1 FROM invoices",
        "STOPPED HALF-WAY: it has read, and not yet written",
        "goes on, and writes",
    ]
    assert brief(Step(0, "blocked", what, by=(1,))) == "BLOCKED BY 2"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step(0, "blocked", "Queue.get", by=(1,)), "BLOCKED BY 2"),
        (Step(0, "blocked", "Queue.get"), "BLOCKED: Queue.get"),
        (Step(0, "blocked", "UPDATE stock", in_server=True), "BLOCKED BY somebody else"),
    ],
)
def test_who_blocks_is_told_as_far_as_it_is_known(step: Step, said: str) -> None:
    assert brief(step) == said


def test_of_very_many_steps_the_first_and_the_last_are_shown(oversold: Finding) -> None:
    many = replace(oversold, lanes=tuple(Step(n % 2, "line", f"line {n}") for n in range(100)), evidence=())
    lines = columns(many)
    assert len(lines) == MOST_STEPS + 1
    assert "(81 more steps: dryfit report --html FILE)" in lines
    assert lines[1].split() == ["line", "0"]
    assert lines[-1].split() == ["line", "99"]


def test_each_operation_stands_blocked_until_it_is_woken(oversold: Finding) -> None:
    lanes = lanes_of(oversold, {})
    assert lanes is not None
    states = [row.cells[0].state for row in lanes.rows]
    assert states == ["acts", "stands", "stands", "acts", *["blocked"] * 3, "acts", "acts", "acts"]
    assert [row.cells[1].state for row in lanes.rows][-3:] == ["over"] * 3
    (blocked,) = [row for row in lanes.rows if row.kind == "blocked"]
    assert blocked.cells[1].holds == (1,)


def test_what_no_serial_order_gives_is_told_apart(oversold: Finding) -> None:
    lanes = lanes_of(oversold, {})
    assert lanes is not None
    assert [outcome.title for outcome in lanes.outcomes] == [
        "this one gave",
        "serial order 1 gives",
        "serial order 2 gives",
    ]
    assert lanes.outcomes[0].odd == {"stock: 1 row changed (quantity 1 → -1)"}


def test_json_holds_every_step_and_keeps_to_its_schema(raced: Run) -> None:
    document = json.loads(findings.document(raced))
    schema = json.loads((files("dryfit.report") / "schema" / "findings-1.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(document)
    evidence = document["findings"][-2]["evidence"]
    assert evidence["operations"] == ["order.OrderSystem.checkout"] * 2
    assert evidence["lanes"][8] == {
        "operation": 1,
        "kind": "blocked",
        "what": "UPDATE stock SET quantity = %s WHERE product = %s",
        "place": {"file": "inventory.py", "line": 8, "function": "InventoryManager.reserve"},
        "by": [2],
    }
    assert len(evidence["lanes"]) == 15


def test_operations_of_several_tests_are_told_with_their_tests(raced: Run, oversold: Finding) -> None:
    assert oversold.overlap is not None
    operations = tuple(
        replace(operation, test=f"tests/{test}::test_{test}")
        for operation, test in zip(oversold.overlap.operations, ("a", "b"), strict=True)
    )
    found = replace(
        oversold, overlap=replace(oversold.overlap, operations=operations, test=operations[0].test)
    )
    shown = columns(found)
    assert [line.split() for line in shown[:2]] == [
        ["1", "order.OrderSystem.checkout", "2", "order.OrderSystem.checkout"],
        ["in", "test_a", "in", "test_b"],
    ]
    assert [shown[0].index(name) for name in ("1 ", "2 ")] == [shown[1].index("  in", at) for at in (10, 40)]
    assert columns(found, 40)[1] == "2 order.OrderSystem.checkout  in test_b"
    drawn = lanes_of(found, {})
    assert drawn is not None
    assert drawn.tests == ("test_a", "test_b")
    (evidence,) = [
        each["evidence"]
        for each in json.loads(findings.document(replace(raced, findings=(found,))))["findings"]
    ]
    assert evidence["performed by"] == ["tests/a::test_a", "tests/b::test_b"]


def test_sarif_has_a_thread_flow_for_each_operation(raced: Run) -> None:
    log = json.loads(sarif.document(raced))
    data = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"
    Draft4Validator(json.loads(data.read_text("utf-8"))).validate(log)
    results = log["runs"][0]["results"]
    assert [index for index, result in enumerate(results) if "codeFlows" in result] == [9, 10]
    flows = results[9]["codeFlows"][0]["threadFlows"]
    assert [flow["id"] for flow in flows] == ["1 order.OrderSystem.checkout", "2 order.OrderSystem.checkout"]
    orders = [at["executionOrder"] for flow in flows for at in flow["locations"]]
    assert sorted(orders) == list(range(1, 11))


def test_junit_shows_them_as_the_terminal_does(raced: Run, oversold: Finding) -> None:
    text = junit.document(raced)
    assert "BLOCKED BY 2" in text
    assert all(line in text for line in columns(oversold) if "<" not in line)


def test_an_await_is_told_where_another_operation_goes_on_meanwhile() -> None:
    place = Place("desk.py", 19, "reserve")
    awaits, goes_on = Step(0, "await", "tell → sleep", place), Step(0, "resumed", "", place)
    write = Step(1, "write", "Desk.free: 1 → 0", place)

    assert telling((awaits, goes_on, write)) == (write,)
    assert telling((awaits, write, goes_on)) == (awaits, write, goes_on)
    assert [brief(step) for step in (awaits, write, goes_on)] == [
        "awaits tell → sleep",
        "writes Desk.free: 1 → 0",
        "goes on",
    ]
    assert brief(replace(goes_on, what="fetch")) == "goes on in fetch"
    assert telling((write, Step(0, "resumed"), write)) == (write, write)


def test_of_an_operation_that_is_blocked_where_it_awaits_only_that_is_told() -> None:
    waits, held = Step(0, "await", "Lock.acquire"), Step(0, "blocked", "Lock.acquire", by=(1,))

    assert telling((waits, Step(1, "line", "left = 1"), held))[-1] == held
    assert waits not in telling((waits, Step(1, "line", "left = 1"), held))


def test_a_line_is_told_as_what_it_reads_and_writes() -> None:
    place = Place("till.py", 9, "pay")
    line, read = Step(0, "line", "left = self.cash - 1", place), Step(0, "read", "Till.cash: 10", place)
    other = replace(line, place=Place("till.py", 10, "pay"))

    assert telling((line, read, other)) == (read, other)
    assert telling((line, replace(read, worker=1))) == (line, replace(read, worker=1))
