"""What a component offers."""

from __future__ import annotations

import pytest

from dryfit.model.structure import Parameter


def interfaces(project):
    return {each.name: each for each in project.interfaces}


def test_functions_methods_and_constructors(tree):
    found = interfaces(
        tree.flat(
            payment="""
            class Processor:
                def __init__(self, url): ...
                def pay(self): ...
                def _check(self): ...
                @property
                def url(self): ...
                class Inner:
                    def run(self): ...

            def refund(): ...
            def _private(): ...
            """
        )
    )

    assert sorted(found) == [
        "payment.Processor.Inner.run",
        "payment.Processor.__init__",
        "payment.Processor.pay",
        "payment.refund",
    ]
    assert found["payment.Processor.pay"].place.function == "Processor.pay"
    assert str(found["payment.refund"].place) == "payment.py:11"


def test_a_private_callable_is_one_if_another_component_calls_it(tree):
    project = tree.flat(
        order="from payment import _pay\n_pay()\n", payment="def _pay(): ...\ndef _other(): ...\n"
    )

    assert list(interfaces(project)) == ["payment._pay"]


def test_parameters_as_declared(tree):
    source = "def pay(a, /, b: 'int | None', c=1, *rest: str, d, e=None, **more) -> list[int]: ...\n"
    found = interfaces(tree.flat(payment=source))["payment.pay"]

    assert found.parameters == (
        Parameter("a", "positional-only"),
        Parameter("b", "positional-or-keyword", annotation="'int | None'"),
        Parameter("c", "positional-or-keyword", default=True),
        Parameter("rest", "var-positional", annotation="str"),
        Parameter("d", "keyword-only"),
        Parameter("e", "keyword-only", default=True),
        Parameter("more", "var-keyword"),
    )
    assert found.bindable


@pytest.mark.parametrize("decorator", ["", "@staticmethod", "@classmethod"])
def test_the_receiver_is_no_parameter(tree, decorator):
    first = "" if decorator == "@staticmethod" else "self, "
    found = interfaces(tree.flat(a=f"class A:\n    {decorator}\n    def run({first}amount): ...\n"))[
        "a.A.run"
    ]

    assert [parameter.name for parameter in found.parameters] == ["amount"]


def test_calling_an_asynchronous_one_gives_a_coroutine(tree):
    found = interfaces(
        tree.flat(a="async def pay(): ...\nasync def each():\n    yield 1\ndef plain(): ...\n")
    )

    assert {name: each.asynchronous for name, each in found.items()} == {
        "a.pay": True,
        "a.each": False,
        "a.plain": False,
    }


@pytest.mark.parametrize(
    ("decorator", "bindable"),
    [
        ("functools.lru_cache", True),
        ("functools.lru_cache(maxsize=3)", True),
        ("cache", True),
        ("contextlib.contextmanager", True),
        ("abc.abstractmethod", True),
        ("typing.override", True),
        ("retried", False),
        ("app.get('/')", False),
        ("decorators[0]", False),
    ],
)
def test_only_known_decorators_leave_a_signature_bindable(tree, decorator, bindable):
    head = "import abc, contextlib, functools, typing\nfrom functools import cache\nfrom web import app\n"
    head += "def retried(f): return f\n"
    found = interfaces(tree.flat(payment=f"{head}@{decorator}\ndef pay(amount): ...\n"))

    assert found["payment.pay"].bindable is bindable


@pytest.mark.parametrize(
    ("head", "bindable"),
    [
        ("class A:", True),
        ("class A(Exception):", True),
        ("class A(abc.ABC):", True),
        ("class A(Base):", True),
        ("@dataclasses.dataclass\nclass A:", True),
        ("class A(metaclass=Meta):", False),
        ("class A(Made):", False),
        ("class A(pydantic.BaseModel):", False),
        ("@registered\nclass A:", False),
    ],
)
def test_a_constructor_is_bindable_unless_its_class_may_change_it(tree, head, bindable):
    source = "import abc, dataclasses, pydantic\nclass Base: ...\nclass Meta(type): ...\ndef registered(c): return c\n"
    source += "class Made:\n    def __new__(cls, *a): ...\n"
    found = interfaces(tree.flat(a=f"{source}{head}\n    def __init__(self, x): ...\n"))

    assert found["a.A.__init__"].bindable is bindable


def test_overloads_are_not_the_implementation(tree):
    source = """
    from typing import overload
    @overload
    def pay(a: int): ...
    @overload
    def pay(a: str): ...
    def pay(a, b=1): ...
    """
    (found,) = tree.flat(payment=source).interfaces

    assert [parameter.name for parameter in found.parameters] == ["a", "b"]


def test_every_call_site_names_an_interface(tree):
    project = tree.flat(
        order="""
        import payment
        payment._Hidden()._go()
        with payment._Hidden():
            payment.run()
        payment._Hidden.Inner().go()
        """,
        payment="""
        def run(): ...
        class _Hidden:
            def __init__(self): ...
            def _go(self): ...
            class Inner:
                def __init__(self): ...
                def go(self): ...
        """,
    )

    assert len(project.call_sites) == 6
    assert {site.callable for site in project.call_sites} <= {each.name for each in project.interfaces}
