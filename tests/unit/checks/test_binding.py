"""Calls and signatures: the answer is the interpreter's own."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfit.checks.binding import unbindable
from dryfit.model.structure import Parameter, ParameterKind

KINDS: dict[ParameterKind, inspect._ParameterKind] = {
    "positional-only": inspect.Parameter.POSITIONAL_ONLY,
    "positional-or-keyword": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "var-positional": inspect.Parameter.VAR_POSITIONAL,
    "keyword-only": inspect.Parameter.KEYWORD_ONLY,
    "var-keyword": inspect.Parameter.VAR_KEYWORD,
}
NAMES = "abcdefg"


@st.composite
def signatures(draw: st.DrawFn) -> tuple[Parameter, ...]:
    """Parameters in an order that Python allows."""
    numbers = [draw(st.integers(0, most)) for most in (2, 2, 1, 2, 1)]
    kinds = [kind for kind, number in zip(KINDS, numbers, strict=True) for _ in range(number)]
    parameters, optional = [], False
    for name, kind in zip(NAMES, kinds, strict=False):
        is_var = kind.startswith("var")
        optional = (optional if kind.startswith("positional") else False) or draw(st.booleans())
        parameters.append(Parameter(name, kind, optional and not is_var))
    return tuple(parameters)


def binds(positional: int, keywords: list[str], parameters: tuple[Parameter, ...]) -> bool:
    """What the interpreter says."""
    empty = inspect.Parameter.empty
    signature = inspect.Signature(
        [
            inspect.Parameter(each.name, KINDS[each.kind], default=None if each.default else empty)
            for each in parameters
        ]
    )
    function = eval(f"lambda {str(signature)[1:-1]}: None")  # Signature.bind differs from a call in corners
    try:
        function(*range(positional), **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(signatures(), st.integers(0, 6), st.lists(st.sampled_from(f"{NAMES}z"), unique=True, max_size=4))
def test_it_binds_where_the_interpreter_binds(
    parameters: tuple[Parameter, ...], positional: int, keywords: list[str]
) -> None:
    assert (unbindable(positional, keywords, parameters) == "") is binds(positional, keywords, parameters)


A, B = Parameter("a", "positional-or-keyword"), Parameter("b", "keyword-only", default=True)


@pytest.mark.parametrize(
    ("positional", "keywords", "problem"),
    [
        (1, (), ""),
        (2, (), "with 2 positional arguments, where it takes 1"),
        (0, (), "without its required argument 'a'"),
        (1, ("x",), "with the keyword 'x', which it does not know"),
        (1, ("x", "y"), "with the keyword 'x' and 'y', which it does not know"),
        (1, ("a",), "with 'a' given twice"),
    ],
)
def test_the_words(positional: int, keywords: tuple[str, ...], problem: str) -> None:
    assert unbindable(positional, keywords, (A, B)) == problem


def test_the_words_of_more_and_of_none() -> None:
    assert unbindable(1, (), ()) == "with 1 positional argument, where it takes none"
    assert (
        unbindable(0, (), (A, Parameter("c", "keyword-only"))) == "without its required arguments 'a' and 'c'"
    )
