"""How a call is written, read off the instruction that makes it, on every Python."""

import sys
from functools import partial

import pytest

from dryfit.weave.written import Signature, Written, written

CALLS = """
def plain():
    return probe(1, 2)

def none_at_all():
    return probe()

def keywords():
    return probe(1, b=2, c=3)

def keywords_alone():
    return probe(b=2, a=1)

def keywords_with_calls_in_between():
    return probe(int(1), b=max(1, 2), c=str(object=3))

def method():
    return box.probe(1, 2)

def method_with_keywords():
    return box.probe(1, c=2)

def several_lines():
    return probe(
        1,
        b=2,
    )

def nested():
    return probe(other(1, 2, x=3), 2)

def chosen():
    return (probe or box)(1)

def of_a_table():
    return {"probe": probe}["probe"](1)

def held():
    probe = globals()["probe"]
    def inner():
        return probe(1, b=1)
    return inner()

def in_a_comprehension():
    return [probe(each, b=1) for each in (1,)][0]

def in_a_lambda():
    return (lambda: probe(1, 2, 3))()

def starred():
    return probe(*[1, 2])

def with_a_mapping():
    return probe(1, **{"b": 2})

def mapped():
    return list(map(probe, [1]))

def unpacking_another_call():
    return other(*[1]), probe(1)

def sorting():
    return sorted([1], key=probe)

def sorting_a_method():
    return sorted([1], key=box.probe)

def partly():
    return partial(probe, 1)(b=2)

def called_again():
    return probe(1)(2, 3)

def handed_to_another_s_result():
    return box.other(1).sorted([1], key=box.probe)

def chained():
    return (
        box
        .other(1)
        .probe(1, b=2)
    )

def chosen_arguments():
    return probe(1 if box else 2, b=[each for each in (1, 2)], c=box and probe)

def generated():
    return next(probe(1, b=each) for each in (1,))

def decorated():
    @probe
    def function(): ...
    return function

def with_block():
    with probe(1) as it:
        return it

def under_another_name():
    return alias(1, 2)
"""

# Each function, with what its call of `probe` has: positional arguments and keywords, None where it cannot be told.
EXPECTED = {
    "plain": (2, ()),
    "none_at_all": (0, ()),
    "keywords": (1, ("b", "c")),
    "keywords_alone": (0, ("b", "a")),
    "keywords_with_calls_in_between": (1, ("b", "c")),
    "method": (2, ()),
    "method_with_keywords": (1, ("c",)),
    "several_lines": (1, ("b",)),
    "nested": (2, ()),
    "chosen": None,
    "of_a_table": None,
    "held": (1, ("b",)),
    "in_a_comprehension": (1, ("b",)),
    "in_a_lambda": (3, ()),
    "starred": None,
    "with_a_mapping": None,
    "unpacking_another_call": (1, ()),
    "called_again": (1, ()),
    "chained": (1, ("b",)),
    "chosen_arguments": (1, ("b", "c")),
    "generated": (1, ("b",)),
    "decorated": None,
    "with_block": (1, ()),
    "under_another_name": None,
    # A callback is called by what was written in C; the call that stands there is that one's.
    "mapped": None,
    "sorting": None,
    "sorting_a_method": None,
    "handed_to_another_s_result": None,
    "partly": None,
}


class Box:
    """Tells how it is called; what it gives can be used for anything."""

    def __init__(self, seen):
        self._seen = seen

    def probe(self, *args, **kwargs):
        frame = sys._getframe(1)
        self._seen.append(written(frame.f_code, frame.f_lasti, "probe"))
        return self

    def other(self, *args, **kwargs):
        return self

    __call__ = other

    def sorted(self, items, key):
        return sorted(items, key=key)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


@pytest.mark.parametrize("name", EXPECTED)
def test_a_call(name):
    seen = []
    box = Box(seen)
    space = {"probe": box.probe, "alias": box.probe, "box": box, "other": box.other, "partial": partial}
    exec(CALLS, space)
    space[name]()
    expected = EXPECTED[name]
    assert seen[:1] == [None if expected is None else Written(*expected)]


def test_without_columns_nothing_is_told():
    seen = []
    code = compile("probe(1)", "<here>", "eval").replace(co_linetable=b"")
    eval(code, {"probe": Box(seen).probe})
    assert seen == [None]


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ((1, 5, (), {}), ()),
        ((1, 6, (), {}), ("b",)),
        ((2, 5, (1, 2), {"x": 1, "a": 2}), ("a", "x")),
    ],
)
def test_what_a_stand_in_was_given_beside_its_defaults(values, given):
    def fake(a=1, b=5, *rest, **more):
        return a

    assert Signature.of(fake).given(values) == given


def test_a_receiver_is_no_argument():
    def method(self, a, *, b=None):
        return a

    signature = Signature.of(method)
    assert signature.given((object(), 1, None)) == ("a",)
    assert not signature.asynchronous


def test_a_coroutine_function_says_so():
    async def fake(a):
        return a

    assert Signature.of(fake).asynchronous
