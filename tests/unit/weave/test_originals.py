"""What a callable says of itself, and what is never asked."""

import functools
import math
import types
import unittest.mock as mock

import pytest

from dryfit.model.structure import Parameter
from dryfit.weave.originals import describe, function_of, member


def plain(a, /, b, *rest, c=1, **more):
    return a


class Gateway:
    rate = 2

    def __init__(self, url, timeout=5):
        self.url = url

    def pay(self, cents):
        return cents

    @classmethod
    def create(cls, url):
        return cls(url)

    @staticmethod
    def fee(cents):
        return cents

    def all_of(*given):
        return given

    @property
    def secret(self):
        raise AssertionError("nobody is to read it")

    class Inner:
        def deep(self, x):
            return x


class Made(Gateway):
    def __new__(cls, *args):
        return object.__new__(cls)


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    def __init__(self, url):
        self.url = url


class Bare:
    pass


class Untouchable:
    """A proxy that nothing is behind yet: whatever is asked of it raises."""

    def __getattribute__(self, name):
        raise RuntimeError(f"asked for {name}")


class UnknownClass:
    @property
    def __class__(self):
        raise RuntimeError("asked for its class")


def wrapping(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


def unwoven(code):
    """No code here is woven."""
    return code


def signature(path, owner=Gateway):
    found, bound = member(owner, path)
    original = describe("shop.it", found, bound=bound, own_code=unwoven)
    assert original is not None
    return told(original)


def told(original):
    return None if original.parameters is None else [each.name for each in original.parameters]


def test_every_kind_of_parameter():
    original = describe("shop.plain", plain, bound=False, own_code=unwoven)
    assert original.parameters == (
        Parameter("a", "positional-only"),
        Parameter("b", "positional-or-keyword"),
        Parameter("rest", "var-positional"),
        Parameter("c", "keyword-only", default=True),
        Parameter("more", "var-keyword"),
    )
    assert (original.name, original.kind) == ("shop.plain", "function")


def test_defaults_stand_at_the_end():
    def function(a, b=1, *, c, d=2):
        return a

    original = describe("shop.function", function, bound=False, own_code=unwoven)
    assert [(each.name, each.default) for each in original.parameters] == [
        ("a", False),
        ("b", True),
        ("c", False),
        ("d", True),
    ]


def test_the_kinds_of_functions():
    async def coroutine():
        return 1

    def generator():
        yield 1

    async def asynchronous_generator():
        yield 1

    kinds = [
        describe("shop.it", each, bound=False, own_code=unwoven).kind
        for each in (plain, coroutine, generator, asynchronous_generator)
    ]
    assert kinds == ["function", "coroutine", "generator", "async generator"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("pay", ["cents"]),
        ("create", ["url"]),
        ("fee", ["cents"]),
        ("all_of", ["given"]),
        ("Inner.deep", ["x"]),
    ],
)
def test_a_method_is_told_without_its_receiver(path, parameters):
    assert signature(path) == parameters
    assert signature(path, Gateway("x")) == parameters


def test_a_bound_method_has_its_receiver():
    assert told(describe("shop.it", Gateway("x").pay, bound=False, own_code=unwoven)) == ["cents"]
    assert told(describe("shop.it", Gateway.create, bound=True, own_code=unwoven)) == ["url"]


def test_what_an_object_holds_is_not_its_class_s():
    gateway = Gateway("x")
    gateway.pay = lambda *anything: None
    assert signature("pay", gateway) == ["cents"]


def test_a_function_that_is_cached_is_itself():
    assert told(describe("shop.cached", functools.lru_cache(plain), bound=False, own_code=unwoven)) == [
        "a",
        "b",
        "rest",
        "c",
        "more",
    ]
    assert function_of(functools.cache(plain)) is plain


@pytest.mark.parametrize(
    "wrapped", [wrapping(plain), functools.lru_cache(wrapping(plain)), functools.partial(plain, 1)]
)
def test_behind_a_wrapper_nothing_is_known(wrapped):
    assert function_of(wrapped) is None
    original = describe("shop.it", wrapped, bound=False, own_code=unwoven)
    assert (original.parameters, original.kind) == (None, "other")


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [(Gateway, ["url", "timeout"]), (Made, None), (WithMeta, None), (Bare, None), (type, None), (dict, None)],
)
def test_a_class_is_told_of_its_constructor(cls, parameters):
    original = describe("shop.it", cls, bound=False, own_code=unwoven)
    assert (told(original), original.kind) == (parameters, "other")


def test_functions_in_c():
    original = describe("math.copysign", math.copysign, bound=False, own_code=unwoven)
    assert original.parameters == (Parameter("x", "positional-only"), Parameter("y", "positional-only"))
    assert original.kind == "other"
    assert (
        describe("builtins.getattr", getattr, bound=False, own_code=unwoven).parameters is None
    )  # it has no signature


def test_what_it_says_that_it_returns():
    def words() -> "int | None":
        return 1

    def of_a_class() -> Gateway:
        return Gateway("x")

    def union() -> int | None:
        return 1

    told = [
        describe("shop.it", each, bound=False, own_code=unwoven).returns
        for each in (words, of_a_class, union, plain)
    ]
    assert told == ["int | None", "Gateway", "int | None", ""]


def test_a_hint_is_asked_nothing():
    class Closed(type):
        def __getattribute__(cls, name):
            raise RuntimeError(f"asked for {name}")

    def function():
        return 1

    told = []
    for hint in (Untouchable(), Closed("Shut", (), {}), None, list[int]):
        function.__annotations__["return"] = hint
        told.append(describe("shop.it", function, bound=False, own_code=unwoven).returns)
    assert told == ["", "Shut", "None", "list[int]"]


def test_what_can_be_called_and_what_cannot():
    class Callable:
        def __call__(self, x):
            return x

    assert describe("shop.it", Callable(), bound=False, own_code=unwoven).parameters is None
    assert describe("shop.it", mock.Mock(), bound=False, own_code=unwoven).kind == "other"
    assert describe("shop.it", 3, bound=False, own_code=unwoven) is None
    assert describe("shop.it", Gateway.__dict__["secret"], bound=False, own_code=unwoven) is None


def test_nobody_is_below_a_name_that_nothing_has():
    assert member(Gateway, "nothing") == (None, True)
    assert member(Gateway, "nothing.more")[0] is None
    assert member(types.ModuleType("shop"), "nothing") == (None, False)


def test_a_module_s_members_have_no_receiver():
    module = types.ModuleType("shop")
    module.plain, module.Gateway = plain, Gateway
    assert member(module, "plain") == (plain, False)
    assert member(module, "Gateway.pay") == (Gateway.pay, True)
    assert member(module, "Gateway.fee")[1] is False


@pytest.mark.parametrize("cls", [Untouchable, UnknownClass])
def test_a_proxy_is_asked_nothing(cls):
    proxy = cls()
    assert describe("shop.it", proxy, bound=False, own_code=unwoven) is None
    assert function_of(proxy) is None
    assert member(proxy, "pay") == (None, True)


def test_properties_and_getattr_are_not_asked():
    class Lazy:
        def __getattr__(self, name):
            raise RuntimeError(name)

    assert isinstance(member(Gateway, "secret")[0], property)
    assert member(Lazy(), "pay")[0] is None
