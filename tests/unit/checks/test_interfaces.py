"""DF201, DF202, DF206 and DF207."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.checks import interfaces
from dryfit.checks.call_mismatch import declared, mismatch
from dryfit.model.seam import DRIVER, Place
from dryfit.model.structure import Absence, CallSite, Cycle, ImportEdge, Interface, Parameter, PassedArgument
from dryfit.model.trace import Dropped, Observations, Violation

EMPTY = Observations()


@pytest.fixture
def called(make):
    """Judge a call of ``pay`` with a signature and arguments, and with what the run showed of it."""

    def _called(signature, *arguments, seen=EMPTY, bindable=True, **more):
        project = make.project(
            [make.site(arguments=arguments, **more)], [make.interface(signature, bindable=bindable)]
        )
        return interfaces.judge(project, seen)

    return _called


@pytest.mark.parametrize(
    ("signature", "texts", "keywords", "problem"),
    [
        ("order, amount", ["o"], {}, "without its required argument 'amount'"),
        ("order, *, amount, currency", ["o"], {}, "without its required arguments 'amount' and 'currency'"),
        ("order", ["o"], {"cents": "1"}, "with the keyword 'cents', which it does not know"),
        ("order", ["o", "1"], {}, "with 2 positional arguments, where it takes 1"),
        ("*, order", ["o"], {}, "with 1 positional argument, where it takes none"),
        ("order", ["o"], {"order": "o"}, "with 'order' given twice"),
        ("order, /", [], {"order": "o"}, "with the keyword 'order', which it does not know"),
    ],
)
def test_a_call_that_cannot_bind(make, called, signature, texts, keywords, problem):
    (finding,) = called(signature, *make.arguments(*texts, **keywords)).findings
    assert (finding.rule, finding.severity) == ("DF201", "error")
    assert finding.message == f"order calls Processor.pay of payment {problem}."


@pytest.mark.parametrize(
    ("signature", "texts", "keywords"),
    [
        ("order, amount=", ["o"], {}),
        ("*args, **rest", ["o"], {"amount": "1"}),
        ("order, /, **rest", ["o"], {"order": "o"}),
        ("", [], {}),
    ],
)
def test_a_call_that_binds(make, called, signature, texts, keywords):
    assert called(signature, *make.arguments(*texts, **keywords)).findings == ()


def test_the_evidence_shows_call_and_signature(make, called):
    (finding,) = called("order, /, amount: int=, *, currency", *make.arguments("o", cents="1")).findings
    shown = {fact.name: fact.value for fact in finding.evidence}
    assert shown["call"] == "Processor.pay(o, cents=1)"
    assert shown["signature"] == "(order, /, amount: int = …, *, currency)"


def test_unpacked_arguments_are_not_judged(make, called):
    assert called("order, amount", starred=True).findings == ()


def test_a_signature_that_a_decorator_may_change_is_left_out(make, called):
    judged = called("order, amount", bindable=False)
    assert (judged.findings, len(judged.skipped)) == ((), 1)


def test_a_call_that_a_test_ran_did_bind(make, called):
    judged = called("order, amount", seen=make.observations(make.behaviour()))
    assert judged.findings == ()
    assert "yet a test ran it" in judged.skipped[0].reason


def test_a_stand_in_that_took_the_call_proves_nothing(make, called):
    judged = called("order, amount", seen=make.observations(make.behaviour(stand_in="Mock")))
    assert [finding.rule for finding in judged.findings] == ["DF201"]


def test_one_of_two_definitions_that_fits_is_enough(make):
    project = make.project([make.site()], [make.interface("order"), make.interface("")])
    assert interfaces.judge(project, EMPTY).findings == ()


@pytest.mark.parametrize(
    ("near", "imported", "sentence"),
    [
        (
            "pay",
            False,
            "calls Processor.charge of payment, which has no such callable: the nearest name is pay.",
        ),
        ("", True, "imports Processor.charge of payment, which has no such name."),
    ],
)
def test_a_name_that_is_not_there(make, near, imported, sentence):
    absence = Absence("order", "payment", "payment.Processor.charge", make.place(), near, imported)
    (finding,) = interfaces.judge(make.project(absences=(absence,)), EMPTY).findings
    assert (finding.rule, finding.severity, finding.site) == ("DF201", "error", make.place())
    assert finding.message == f"order {sentence}"


def test_a_name_that_a_test_reached_was_there(make):
    absence = Absence("order", "payment", "payment.Processor.pay", make.place())
    judged = interfaces.judge(make.project(absences=(absence,)), make.observations(make.behaviour()))
    assert (judged.findings, len(judged.skipped)) == ((), 1)


KINDS = ("positional-only", "positional-or-keyword", "var-positional", "keyword-only", "var-keyword")


@st.composite
def signatures(draw: st.DrawFn) -> tuple[Parameter, ...]:
    """Valid parameter lists of every kind."""
    kinds = sorted(draw(st.lists(st.sampled_from(KINDS), max_size=5)), key=KINDS.index)
    parameters: list[Parameter] = []
    for index, kind in enumerate(kinds):
        starred = kind.startswith("var")
        if starred and any(parameter.kind == kind for parameter in parameters):
            continue
        after_default = kind.startswith("positional") and any(parameter.default for parameter in parameters)
        default = not starred and (after_default or draw(st.booleans()))
        parameters.append(Parameter("abcde"[index], kind, default))  # type: ignore[arg-type]
    return tuple(parameters)


@given(signatures(), st.integers(0, 5), st.sets(st.sampled_from("abcdefg")))
def test_a_call_binds_as_the_interpreter_says(parameters, written, keywords):
    arguments = [PassedArgument(index, "", "x") for index in range(written)]
    arguments += [PassedArgument(written, keyword, "x") for keyword in sorted(keywords)]
    site = CallSite("order", "payment", "payment.pay", Place("order.py", 1), tuple(arguments))
    written_out = ", ".join(declared(parameters))
    callee = eval(f"lambda {written_out.replace('…', '0')}: None")
    try:
        callee(*range(written), **dict.fromkeys(keywords))
    except TypeError:
        binds = False
    else:
        binds = True
    interface = Interface("payment.pay", "payment", Place("payment.py", 1), parameters)
    assert (mismatch(site, interface) == "") == binds


@pytest.fixture
def violated(make):
    """Judge one violation of ``pay``'s hints."""

    def _violated(*callers, where="amount", found="str", behaviours=(), by_tests=False):
        incidents = tuple(
            Violation(
                make.seam(caller=caller), make.place(index), where, "int", found, f"test_{index}", by_tests
            )
            for index, caller in enumerate(callers)
        )
        project = make.project()
        return interfaces.judge(project, make.observations(*behaviours, incidents=incidents)).findings

    return _violated


def test_a_violation_is_reported_once_for_all_its_callers(violated):
    (finding,) = violated("order", "stock")
    assert (finding.rule, finding.severity, finding.seam.caller) == ("DF202", "error", "order")
    assert finding.message == "order passes str as amount to Processor.pay of payment, which declares int."


def test_a_value_that_a_test_passes_as_well_is_a_warning(violated):
    (finding,) = violated(DRIVER, "order")
    assert (finding.severity, finding.seam.caller) == ("warning", "order")


def test_a_value_that_only_tests_pass_is_a_warning(violated):
    (finding,) = violated(DRIVER)
    assert finding.severity == "warning"
    assert finding.message.startswith("A test passes str")


def test_a_value_that_the_tests_brought_in_is_a_warning(violated):
    (finding,) = violated("order", by_tests=True)
    assert finding.severity == "warning"
    assert finding.message.endswith("which declares int; the tests gave it so.")


def test_a_value_that_one_test_brought_in_and_the_program_made_in_another_is_an_error(make):
    incidents = (
        Violation(make.seam(), make.place(1), "amount", "int", "str", "test_1", by_tests=True),
        Violation(make.seam(caller="stock"), make.place(2), "amount", "int", "str", "test_2"),
    )
    (finding,) = interfaces.judge(make.project(), make.observations(incidents=incidents)).findings
    assert (finding.severity, finding.seam.caller) == ("error", "stock")


@pytest.mark.parametrize(
    ("pushed", "test", "severity"),
    [("str in list", "test_0", "warning"), ("str", "test_1", "error"), ("float", "test_0", "error")],
)
def test_a_value_like_one_that_the_same_test_pushes_is_a_warning(make, pushed, test, severity):
    incidents = (
        Violation(make.seam("order.place", DRIVER), make.place(), "amounts", "list[int]", pushed, test),
        Violation(make.seam(), make.place(), "amount", "int", "str", "test_0"),
    )
    findings = interfaces.judge(make.project(), make.observations(incidents=incidents)).findings
    assert [each.severity for each in findings if each.seam.caller == "order"] == [severity]


def test_a_result_that_contradicts_its_hint_is_an_error(make, violated):
    (finding,) = violated(DRIVER, where="return", behaviours=[make.behaviour(caller=DRIVER)])
    assert finding.severity == "error"
    assert finding.message == "Processor.pay of payment returns str to a test, though it declares int."


def test_a_result_that_rests_on_objects_of_the_tests_is_a_warning(make, violated):
    behaviours = [make.behaviour(caller=DRIVER)]
    (finding,) = violated(DRIVER, where="return", behaviours=behaviours, by_tests=True)
    assert finding.severity == "warning"
    assert finding.message.endswith("though it declares int; objects of the tests' own had a part in it.")


def test_a_result_that_a_stand_in_below_may_have_made_is_a_warning(make, violated):
    (finding,) = violated("order", where="return", behaviours=[make.behaviour(weak=True)])
    assert finding.severity == "warning"


def test_a_dropped_coroutine_is_one_finding_from_run_and_source(make):
    project = make.project([make.site(result="discarded")], [make.interface(asynchronous=True)])
    (written,) = interfaces.judge(project, EMPTY).findings
    dropped = Dropped(
        make.seam("payment.CardProcessor.pay"), make.place(function="Order.checkout"), "test_it"
    )
    (finding,) = interfaces.judge(project, make.observations(incidents=(dropped,))).findings
    assert (finding.rule, finding.severity, finding.test) == ("DF206", "error", "test_it")
    assert {fact.name: fact.value for fact in finding.evidence}["known from"] == "the source and the run"
    assert (finding.id, finding.seam, finding.site) == (written.id, written.seam, written.site)
    assert "order calls Processor.pay of payment and drops the coroutine" in finding.message


def test_a_coroutine_dropped_by_a_test_is_a_warning(make):
    dropped = Dropped(make.seam(caller=DRIVER), make.place(), "test_it")
    (finding,) = interfaces.judge(make.project(), make.observations(incidents=(dropped,))).findings
    assert finding.severity == "warning"


@pytest.mark.parametrize(
    ("result", "asynchronous", "bindable"),
    [("awaited", True, True), ("discarded", False, True), ("discarded", True, False)],
)
def test_a_call_whose_result_is_not_known_to_be_dropped_is_silent(make, result, asynchronous, bindable):
    project = make.project(
        [make.site(result=result)], [make.interface(asynchronous=asynchronous, bindable=bindable)]
    )
    assert interfaces.judge(project, EMPTY).findings == ()


def test_a_run_that_shows_no_coroutine_there_outweighs_the_source(make):
    project = make.project([make.site(result="discarded")], [make.interface(asynchronous=True)])
    assert interfaces.judge(project, make.observations(make.behaviour())).findings == ()


def test_a_cycle_names_its_members_and_the_cheapest_import_to_cut(make):
    project = make.project(
        [make.site(), make.site(place=make.place(20))],
        imports=(
            ImportEdge("order", "payment", (Place("order.py", 1),)),
            ImportEdge("payment", "order", (Place("payment.py", 3),)),
        ),
        cycles=(Cycle(("order", "payment"), (Place("order.py", 1), Place("payment.py", 3))),),
    )
    (finding,) = interfaces.judge(project, EMPTY).findings
    assert (finding.rule, finding.severity, finding.site) == ("DF207", "warning", Place("payment.py", 3))
    assert finding.message == (
        "order and payment import each other, so none of them can be integrated first;"
        " the cheapest import to cut is the one of order at payment.py:3, which nothing in payment was found to use."
    )


def test_of_two_imports_with_as_many_calls_the_one_whose_results_nobody_uses_is_cheaper(make):
    project = make.project(
        [make.site(), make.site("order.mark_paid", caller="payment", result="discarded")],
        imports=(
            ImportEdge("order", "payment", (Place("order.py", 1),)),
            ImportEdge("payment", "order", (Place("payment.py", 3),)),
        ),
        cycles=(Cycle(("order", "payment"), ()),),
    )
    (finding,) = interfaces.judge(project, EMPTY).findings
    assert finding.message.endswith("cut is the one of order at payment.py:3, used in 1 place.")


def test_an_import_whose_cut_leaves_fewer_circles_is_cheaper_than_one_with_fewer_calls(make):
    ring = [("order", "payment"), ("payment", "order"), ("payment", "stock"), ("stock", "payment")]
    edges = tuple(ImportEdge(a, b, (Place(f"{a}.py", 1),)) for a, b in [*ring, ("order", "stock")])
    project = make.project(
        [make.site("payment.pay", caller="stock")],
        imports=edges,
        cycles=(Cycle(("order", "payment", "stock"), ()),),
    )
    (finding,) = interfaces.judge(project, EMPTY).findings
    assert "import one another in a circle" in finding.message
    assert (finding.seam.caller, finding.seam.callee) == ("payment", "order")


def test_ids_do_not_depend_on_lines_or_on_order(make):
    def judged(line):
        site = make.site(place=make.place(line))
        return interfaces.judge(make.project([site], [make.interface("order")]), EMPTY).findings

    assert [finding.id for finding in judged(10)] == [finding.id for finding in judged(99)]
