"""How crossings are matched with the call sites of the source, and what is counted."""

from __future__ import annotations

import pytest

from dryfit.checks import coverage, data
from dryfit.model.seam import DRIVER
from dryfit.model.trace import Dropped, Observations

SUB_PAY = "payment.Card.pay"


def _statuses(project, observations):
    return {each.seam.callable: each.status for each in coverage.measure(project, observations)}


def test_a_seam_that_nothing_crosses_is_unexercised(make):
    project = make.project([make.site()])
    assert _statuses(project, make.observations()) == {"payment.Processor.pay": "unexercised"}


def test_a_crossing_of_the_callee_itself_exercises_its_seam(make):
    project = make.project([make.site()])
    assert _statuses(project, make.observations(make.behaviour())) == {"payment.Processor.pay": "exercised"}


def test_a_stand_in_leaves_the_seam_mocked_only(make):
    seen = make.observations(make.behaviour(stand_in="Mock"))
    (measured,) = coverage.measure(make.project([make.site()]), seen)
    assert (measured.status, measured.sites_covered, measured.tests) == ("mocked only", 0, 1)


def test_a_nameless_stand_in_at_the_line_answers_for_the_callable(make):
    nameless = make.behaviour("unittest.mock.Mock", stand_in="Mock")
    assert _statuses(make.project([make.site()]), make.observations(nameless)) == {
        "payment.Processor.pay": "mocked only"
    }


def test_a_stand_in_for_one_call_of_a_line_does_not_answer_for_the_other(make):
    project = make.project([make.site(), make.site("stock.Stock.take")])
    seen = make.observations(make.behaviour(stand_in="Mock"))
    assert _statuses(project, seen) == {
        "payment.Processor.pay": "mocked only",
        "stock.Stock.take": "unexercised",
    }


def test_an_override_in_a_subclass_exercises_the_call_site(make):
    project = make.project([make.site()])
    assert _statuses(project, make.observations(make.behaviour(SUB_PAY))) == {
        "payment.Card.pay": "exercised",
        "payment.Processor.pay": "exercised",
    }


def test_a_constructor_is_named_by_its_class_or_by_init(make):
    project = make.project([make.site("payment.Processor")])
    seen = make.observations(make.behaviour("payment.Processor.__init__"))
    assert _statuses(project, seen) == {"payment.Processor": "exercised"}


def test_a_decorator_of_the_callee_stands_for_it(make):
    wrapper = make.behaviour("payment.audited.<locals>.wrapper")
    assert _statuses(make.project([make.site()]), make.observations(wrapper)) == {
        "payment.Processor.pay": "exercised"
    }


def test_a_decorator_of_another_component_is_followed_down_to_the_callee(make):
    wrapper = make.behaviour("stock.retried.<locals>.wrapper")
    below = make.behaviour(caller="stock", place=make.place(3, "retried.<locals>.wrapper", "stock.py"))
    seen = make.observations(wrapper, below)
    assert _statuses(make.project([make.site()]), seen)["payment.Processor.pay"] == "exercised"
    assert (
        _statuses(make.project([make.site()]), make.observations(wrapper))["payment.Processor.pay"]
        == "unexercised"
    )


def test_a_call_at_module_level_is_no_tests_concern(make):
    project = make.project([make.site(place=make.place(function=""))])
    assert coverage.measure(project, make.observations()) == ()


def test_entry_crossings_and_library_seams_are_not_counted(make):
    seen = make.observations(
        make.behaviour(caller=DRIVER), make.behaviour("sqlite3.Connection.execute", effect="write")
    )
    assert coverage.measure(make.project(), seen) == ()


def test_a_seam_that_only_the_run_knows_is_counted(make):
    (measured,) = coverage.measure(make.project(), make.observations(make.behaviour()))
    assert (measured.status, measured.sites, measured.sites_covered) == ("exercised", 1, 1)


def test_sites_shapes_outcomes_and_exceptions_are_counted(make):
    project = make.project([make.site(), make.site(place=make.place(20))])
    seen = make.observations(
        make.behaviour(arguments={"amount": make.shape("int")}, result="payment.Receipt"),
        make.behaviour(arguments={"amount": make.shape("float")}, result="payment.Receipt"),
        make.behaviour(arguments={"amount": make.shape("float")}, outcome="raised", result="ValueError"),
    )
    (measured,) = coverage.measure(project, seen)
    assert (measured.sites, measured.sites_covered) == (2, 1)
    assert (measured.argument_shapes, measured.outcome_shapes, measured.exceptions) == (2, 1, 1)
    assert (measured.crossings, measured.tests, measured.seconds) == (3, 1, 1.5)


def test_a_call_over_several_lines_covers_the_line_where_it_is_written(make):
    project = make.project([make.site()])
    (measured,) = coverage.measure(project, make.observations(make.behaviour(place=make.place(12))))
    assert (measured.sites, measured.sites_covered) == (1, 1)


def test_untested_seams_are_findings(make):
    project = make.project([make.site(), make.site("stock.Stock.take", make.place(20))])
    seen = make.observations(make.behaviour(stand_in="Mock"), test="tests/test_order.py::test_checkout")
    mocked, unexercised = sorted(data.judge(project, seen).findings, key=lambda each: each.seam)
    assert (mocked.rule, mocked.severity) == ("DF105", "warning")
    assert mocked.test == "tests/test_order.py::test_checkout"
    assert "Processor.pay of payment only against stand-ins (Mock)" in mocked.message
    assert (unexercised.rule, unexercised.site.line) == ("DF104", 20)
    assert unexercised.message == "No test lets order call Stock.take of stock, as it does at order.py:20."


def test_a_call_that_cannot_bind_is_left_to_that_rule(make):
    misfit, fitting = make.site(), make.site(place=make.place(20), arguments=make.arguments("o"))
    signature = [make.interface("order")]
    assert data.judge(make.project([misfit], signature), make.observations()).findings == ()
    (finding,) = data.judge(make.project([misfit, fitting], signature), make.observations()).findings
    assert (finding.rule, finding.site.line) == ("DF104", 20)


def test_a_call_whose_coroutine_a_test_dropped_was_made(make):
    seen = make.observations(incidents=(Dropped(make.seam(), make.place(), "test_it"),))
    assert data.judge(make.project([make.site()]), seen).findings == ()


@pytest.mark.parametrize("whole_suite", [True, False])
def test_nothing_is_claimed_of_a_part_of_the_suite_or_of_no_test(make, whole_suite):
    seen = Observations() if whole_suite else make.observations()
    judged = data.judge(make.project([make.site()]), seen, whole_suite=whole_suite)
    assert judged.findings == ()
    assert [skipped.what for skipped in judged.skipped] == ["DF104 and DF105"]
