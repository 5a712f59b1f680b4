"""DF101, DF102 and DF103."""

from __future__ import annotations

import pytest

from dryfit.checks import data
from dryfit.checks.annotations import allows_many
from dryfit.model.seam import DRIVER
from dryfit.model.structure import Interface, Parameter
from dryfit.model.trace import Mutation, Transfer


@pytest.fixture
def judge():
    """Judge the data rules about values alone, not about what the tests leave out."""

    def _judge(project, observations):
        return data.judge(project, observations, whole_suite=False)

    return _judge


@pytest.fixture
def transfer(make):
    def _transfer(loss="decimal-to-float", target="amount", test="test_it", source="order.total", **seam):
        return Transfer(
            make.seam(**seam), make.place(), loss, "decimal.Decimal", "float", source, target, test
        )

    return _transfer


def test_a_loss_is_reported_once_with_all_its_tests(make, judge, transfer):
    seen = make.observations(incidents=(transfer(test="test_b"), transfer(test="test_a")))
    (finding,) = judge(make.project(), seen).findings
    assert (finding.rule, finding.severity, finding.test) == ("DF101", "error", "test_a")
    assert finding.evidence[-1].value == ("test_a", "test_b")
    assert finding.message == (
        "Between order and payment a Decimal goes on as a float: it was decimal.Decimal at order.total"
        " and is float at amount."
    )


@pytest.mark.parametrize(
    ("incident", "severity"),
    [
        ({"loss": "aware-to-naive"}, "error"),
        ({"loss": "int-to-bool"}, "warning"),
        ({"callable_name": "sqlite3.Connection.execute"}, "warning"),
        ({"loss": "text-cut"}, "error"),
        ({"loss": "text-cut", "target": "payment.Processor.pay(short_note)"}, "note"),
        ({"loss": "text-cut", "callable_name": "payment.Receipt.set_title"}, "note"),
    ],
)
def test_the_severity_of_a_loss(make, judge, transfer, incident, severity):
    (finding,) = judge(make.project(), make.observations(incidents=(transfer(**incident),))).findings
    assert finding.severity == severity


@pytest.mark.parametrize(
    ("annotation", "source", "target", "severity"),
    [
        ("Decimal", "payment.rounded(amount)", "payment.rounded → return", "warning"),
        ("Decimal", "payment.rounded(amount).net", "payment.rounded → return", "error"),
        ("Any", "payment.rounded(amount)", "stock.take(amount)", "warning"),
        ("Any", "payment.rounded(amount).net", "stock.take(amount)", "error"),
        ("Decimal", "payment.rounded(amount)", "stock.take(amount)", "error"),
        ("", "payment.rounded(amount)", "stock.take(amount)", "error"),
    ],
)
def test_a_callable_that_is_there_to_convert_is_a_warning(
    make, judge, transfer, annotation, source, target, severity
):
    amount = Parameter("amount", "positional-or-keyword", annotation=annotation)
    project = make.project(interfaces=[Interface("payment.rounded", "payment", make.place(), (amount,))])
    seen = make.observations(incidents=(transfer(source=source, target=target),))
    (finding,) = judge(project, seen).findings
    assert finding.severity == severity


def test_what_the_tests_convert_themselves_is_theirs(make, judge, transfer):
    assert judge(make.project(), make.observations(incidents=(transfer(caller=DRIVER),))).findings == ()


@pytest.fixture
def changed(make, judge):
    """Judge a call of ``price(lines)`` whose callee changed ``lines``."""

    def _changed(*arguments, name="payment.price", interface="lines", place=None, of="list"):
        project = make.project([make.site(name, arguments=arguments)], [make.interface(interface, name)])
        mutation = Mutation(
            make.seam(name), place or make.place(), "lines", of, "2 items became 1", "test_it"
        )
        return judge(project, make.observations(incidents=(mutation,)))

    return _changed


def test_a_changed_argument_that_is_read_again_is_reported(make, changed):
    (finding,) = changed(*make.arguments("basket", read_again=12)).findings
    assert (finding.rule, finding.severity) == ("DF102", "warning")
    assert finding.message == (
        "order goes on using basket after price of payment changed it as its lines: 2 items became 1."
    )


def test_an_object_of_a_class_that_is_changed_is_a_note(make, changed):
    (finding,) = changed(*make.arguments("basket", read_again=12), of="order.Basket").findings
    assert finding.severity == "note"


def test_a_changed_argument_is_found_by_its_keyword(make, changed):
    judged = changed(*make.arguments(lines="basket", read_again=12), interface="rate, lines")
    assert [finding.rule for finding in judged.findings] == ["DF102"]


@pytest.mark.parametrize("text", ["self.lines", "DEFAULTS", "settings.DEFAULTS"])
def test_an_object_that_outlives_the_call_counts_as_used_again(make, changed, text):
    assert len(changed(*make.arguments(text)).findings) == 1


@pytest.mark.parametrize("text", ["basket", "[*lines]", "self", "basket.lines"])
def test_a_changed_argument_that_nobody_reads_again_is_no_finding(make, changed, text):
    assert changed(*make.arguments(text)).findings == ()


@pytest.mark.parametrize("name", ["payment.fill_prices", "payment.Basket.add", "payment.copy_into"])
def test_a_name_that_says_so_is_no_finding(make, changed, name):
    judged = changed(*make.arguments("basket", read_again=12), name=name)
    assert judged.findings == ()
    assert "its name says" in judged.skipped[0].reason


def test_a_call_that_the_source_does_not_show_is_left_out_with_its_reason(make, changed):
    judged = changed(*make.arguments("basket", read_again=12), place=make.place(99))
    assert judged.findings == ()
    assert "not found in the source" in judged.skipped[0].reason


@pytest.fixture
def mixed(make, judge):
    """Judge two callers that pass different shapes for one parameter."""

    def _mixed(one, other, signature="number", callers=("order", "stock"), **more):
        seen = [
            make.behaviour(
                "payment.find", make.place(5, file=f"{caller}.py"), caller, {"number": shape}, **more
            )
            for caller, shape in zip(callers, (one, other), strict=True)
        ]
        project = make.project(interfaces=[make.interface(signature, "payment.find")])
        return judge(project, make.observations(*seen)).findings

    return _mixed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("str:digits", "int"),
        ("str:digits", "decimal.Decimal"),
        ("str:uuid", "uuid.UUID"),
        ("str:iso-date", "datetime.date"),
        ("datetime:aware", "datetime:naive"),
    ],
)
def test_the_same_information_in_two_types_is_an_error(make, mixed, one, other):
    (finding,) = mixed(make.shape(one), make.shape(other))
    assert (finding.rule, finding.severity, finding.test) == ("DF103", "error", "test_it")


@pytest.mark.parametrize(
    ("one", "other"),
    [("int", "None"), ("int", "float"), ("list", "tuple"), ("str:text", "int"), ("int", "int")],
)
def test_shapes_that_mix_are_silent(make, mixed, one, other):
    assert mixed(make.shape(one), make.shape(other)) == ()


def test_the_message_names_both_sides(make, mixed):
    (finding,) = mixed(make.shape("str:digits"), make.shape("int"))
    assert finding.message == "number of find in payment is digits from order and int from stock."


@pytest.mark.parametrize(
    ("lines", "site"),
    [({"aware": (50,), "naive": (63,)}, 63), ({"aware": (50,), "naive": (63, 70)}, 50)],
)
def test_within_one_caller_the_places_are_named_and_the_odd_one_out_is_the_site(make, judge, lines, site):
    seen = [
        make.behaviour("payment.due", make.place(line), arguments={"at": make.shape(f"datetime:{sort}")})
        for sort in lines
        for line in lines[sort]
    ]
    (finding,) = judge(make.project(), make.observations(*seen)).findings
    assert finding.site.line == site
    assert finding.message == (
        "at of due in payment is aware datetime at order.py:50 and naive datetime at order.py:63."
    )


def test_shapes_are_compared_within_containers(make, mixed):
    one = make.listed(make.mapping(id=make.shape("int")))
    (finding,) = mixed(one, make.listed(make.mapping(id=make.shape("str:digits"))))
    assert (finding.severity, finding.evidence[0].value) == ("error", "number[].id")


def test_a_mapping_and_an_object_for_one_record_are_a_warning(make, mixed):
    fields = {"id": make.shape("int"), "total": make.shape("int")}
    (finding,) = mixed(make.mapping(**fields), make.record(**fields))
    assert finding.severity == "warning"


@pytest.mark.parametrize(
    "signature",
    ["number: int | str", "number: Union[int, str]", "number: Any", "number: T", "*number", "**number"],
)
def test_what_the_signature_allows_is_silent(make, mixed, signature):
    assert mixed(make.shape("str:digits"), make.shape("int"), signature) == ()


def test_a_type_that_is_annotated_is_left_to_the_hints(make, mixed):
    assert mixed(make.shape("str:digits"), make.shape("int"), "number: OrderId") == ()


def test_no_hint_tells_an_aware_datetime_from_a_naive_one(make, mixed):
    (finding,) = mixed(make.shape("datetime:aware"), make.shape("datetime:naive"), "number: datetime")
    assert finding.severity == "error"


def test_the_inside_of_an_annotated_container_is_compared(make, mixed):
    one = make.listed(make.mapping(id=make.shape("int")))
    (finding,) = mixed(one, make.listed(make.mapping(id=make.shape("str:digits"))), "number: list[dict]")
    assert finding.severity == "error"


@pytest.mark.parametrize(("one", "other"), [("decimal.Decimal", "float"), ("str:text", "decimal.Decimal")])
def test_what_a_careful_callee_can_take_is_a_warning(make, mixed, one, other):
    (finding,) = mixed(make.shape(one), make.shape(other))
    assert finding.severity == "warning"


def test_a_test_that_passes_the_other_shape_is_a_warning(make, mixed):
    (finding,) = mixed(make.shape("str:digits"), make.shape("int"), callers=("order", DRIVER))
    assert (finding.severity, finding.seam.caller) == ("warning", "order")


def test_two_tests_that_pass_different_shapes_are_silent(make, mixed):
    assert mixed(make.shape("str:digits"), make.shape("int"), callers=(DRIVER, DRIVER)) == ()


def test_what_rests_on_a_stand_in_is_a_warning(make, mixed):
    (finding,) = mixed(make.shape("str:digits"), make.shape("int"), weak=True)
    assert finding.severity == "warning"


def test_a_parameter_that_takes_many_types_is_a_warning(make, judge):
    types = ("str:digits", "int", "list", "shop.Basket")
    seen = [
        make.behaviour("payment.find", make.place(line), arguments={"number": make.shape(name)})
        for line, name in enumerate(types)
    ]
    grades = [
        [finding.severity for finding in judge(make.project(), make.observations(*shown)).findings]
        for shown in (seen[:3], seen)
    ]
    assert grades == [["error"], ["warning"]]


@pytest.mark.parametrize(
    ("name", "severity"),
    [("payment.to_number", "warning"), ("payment.Rate.parseText", "warning"), ("payment.total", "error")],
)
def test_a_callable_whose_name_says_that_it_converts_is_a_warning(make, judge, name, severity):
    seen = [
        make.behaviour(name, make.place(line), arguments={"number": make.shape(shape)})
        for line, shape in enumerate(("str:digits", "int"))
    ]
    (finding,) = judge(make.project(), make.observations(*seen)).findings
    assert finding.severity == severity


@pytest.mark.parametrize("name", ["args", "kwargs"])
def test_arguments_that_are_handed_through_are_silent(make, judge, name):
    seen = [
        make.behaviour(
            "payment.find", make.place(line), arguments={name: make.mapping(key=make.shape(shape))}
        )
        for line, shape in enumerate(("str:digits", "int"))
    ]
    assert judge(make.project(), make.observations(*seen)).findings == ()


def test_call_sites_that_pass_both_show_a_callee_that_takes_both(make, mixed):
    assert mixed(make.shape("str:digits", "int"), make.shape("int")) == ()


@pytest.mark.parametrize(
    "text", ["'int | str'", "Optional[Union[int, str]]", "dict[str, int | str]", "object", "not !"]
)
def test_annotations_that_allow_many(text):
    assert allows_many(text)


@pytest.mark.parametrize("text", ["", "dt.datetime | None", "Optional[int]", "list[int]"])
def test_annotations_that_name_one_type(text):
    assert not allows_many(text)
