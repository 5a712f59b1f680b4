"""A law: whatever the signature and the call, a woven function does what it did, and taken out it is what it was."""

import inspect
from types import FunctionType

from hypothesis import given, settings
from hypothesis import strategies as st

from dryfit.model.crossing import Callee
from dryfit.model.seam import DRIVER
from dryfit.weave.loop import Loop
from dryfit.weave.sites import Sites
from dryfit.weave.trampoline import Parameters
from dryfit.weave.weaver import Weaver

NAMES = ("a", "b", "c", "d", "e", "self", "values", "_x", "__dryfit", "é")


@st.composite
def functions(draw):
    """Source of a function of any signature, whose result tells all of its arguments."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=7))
    kinds = sorted(
        draw(st.lists(st.sampled_from("pnk"), min_size=len(names), max_size=len(names))), key="pnk".index
    )
    star = draw(st.booleans())
    parts, defaulted = [], False
    for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        if kind == "k" and "*" not in "".join(parts):
            parts.append("*rest" if star else "*")
        if kind == "k":
            default = draw(st.booleans())
        else:
            default = defaulted = defaulted or draw(st.booleans())
        parts.append(f"{name}={place * 10}" if default else name)
        if kind == "p" and kinds[place + 1 : place + 2] != ["p"]:
            parts.append("/")
    if star and "k" not in kinds:
        parts.append("*rest")
    if draw(st.booleans()):
        parts.append("**more")
    told = [*names, *(each.strip("*") for each in parts if each in ("*rest", "**more"))]
    return (
        f"def made({', '.join(parts)}):\n    return {{{', '.join(f'{name!r}: {name}' for name in told)}}}\n"
    )


calls = st.tuples(
    st.lists(st.integers(), max_size=6),
    st.dictionaries(st.sampled_from((*NAMES, "other")), st.integers(), max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(
    functions(),
    st.lists(calls, min_size=1, max_size=4),
    st.sampled_from(["function", "generator", "coroutine"]),
)
def test_any_signature_and_any_call(tmp_path_factory, source, calls, kind):
    made = function_of(source, kind)
    code, signature = made.__code__, inspect.signature(made)
    bare = [outcome(made, *call) for call in calls]
    counter = Counter()
    weaver = Weaver(Loop(Sites(tmp_path_factory.getbasetemp(), {}), (counter,)), {})
    assert weaver.weave(made, Callee("made", "made", Parameters.of(code).names))
    try:
        assert made.__code__ is not code
        assert inspect.signature(made) == signature
        assert (inspect.isgeneratorfunction(made), inspect.iscoroutinefunction(made)) == (
            kind == "generator",
            kind == "coroutine",
        )
        assert [outcome(made, *call) for call in calls] == bare
        assert counter.calls == sum(way == "returned" for way, _ in bare)
    finally:
        weaver.unweave()
    assert made.__code__ is code
    assert [outcome(made, *call) for call in calls] == bare


@given(functions())
def test_parameters_are_named_as_inspect_names_them(source):
    made = function_of(source, "function")
    assert Parameters.of(made.__code__).names == tuple(inspect.signature(made).parameters)


class Counter:
    calls = 0

    def before(self, crossing):
        assert crossing.caller == DRIVER
        assert len(crossing.values) == len(crossing.callee.parameters)
        self.calls += 1

    def after(self, crossing, outcome):
        return outcome


def function_of(source: str, kind: str) -> FunctionType:
    if kind == "generator":
        source = source.replace("return", "yield 1\n    return")
    if kind == "coroutine":
        source = "async " + source
    space: dict[str, FunctionType] = {}
    exec(source, space)
    return space["made"]


def outcome(made, arguments, options):
    try:
        made_value = made(*arguments, **options)
        if inspect.isgenerator(made_value) or inspect.iscoroutine(made_value):
            return "returned", run(made_value)
        return "returned", made_value
    except TypeError as error:
        return "raised", str(error)


def run(steps):
    try:
        while True:
            steps.send(None)
    except StopIteration as stop:
        return stop.value
