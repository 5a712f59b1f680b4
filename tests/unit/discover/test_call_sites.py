"""Calls from one component to another, as far as the source tells."""

from __future__ import annotations

import textwrap

import pytest

PAYMENT = """
from contextlib import contextmanager, asynccontextmanager
from typing import AsyncIterator, Iterator, Self

class Processor:
    default = 1

    def __init__(self, url="x"): ...

    def pay(self, amount): ...

    async def send(self): ...

    @classmethod
    def create(cls) -> Self: ...

    @staticmethod
    def fee(amount): ...

    @property
    def receipt(self) -> "Receipt": ...

    def __enter__(self): return self
    def __exit__(self, *exc): ...
    def __call__(self): ...

class Card(Processor):
    def swipe(self): ...

class Receipt:
    def show(self): ...

def processor() -> Processor: ...
def unspoken(): return Processor()
def refund(amount): ...

@contextmanager
def session() -> Iterator[Processor]: yield Processor()

@asynccontextmanager
async def asession() -> AsyncIterator[Processor]: yield Processor()

shared = Processor()
"""


CASES = """
from payment import refund
refund(1)
→ refund

from payment import refund as back
back(1)
→ refund

import payment
payment.refund(1)
→ refund

import payment as p
p.refund(1)
→ refund

from payment import *
refund(1)
→ refund

def f():
    import payment
    payment.refund(1)
→ refund

try:
    import payment
except ImportError:
    payment = None
payment.refund(1)
→ refund

import payment
back = payment.refund
back(1)
→ refund

import payment
payment.Processor().pay(1)
→ Processor.__init__ Processor.pay

import payment
p = payment.Processor()
p.pay(1)
→ Processor.__init__ Processor.pay

import payment
if (p := payment.Processor()):
    p.pay(1)
→ Processor.__init__ Processor.pay

import payment
a, p = 1, payment.Processor()
p.pay(1)
→ Processor.__init__ Processor.pay

import payment
def f(p=None):
    p = p or payment.Processor()
    p.pay(1)
→ Processor.__init__

import payment
def f(p: payment.Processor = None):
    p = p or payment.Processor()
    p.pay(1)
→ Processor.__init__ Processor.pay

import payment
def f(payment: payment.Processor):
    payment.pay(1)
→ Processor.pay

import payment
def f(p: 'payment.Processor'):
    p.pay(1)
→ Processor.pay

import payment
def f(p: payment.Processor | None):
    p.pay(1)
→ Processor.pay

import payment
from typing import Optional
def f(p: Optional[payment.Processor]):
    p.pay(1)
→ Processor.pay

import payment
from typing import Annotated
def f(p: Annotated[payment.Processor, 1]):
    p.pay(1)
→ Processor.pay

import payment
from typing import Annotated
P = Annotated[payment.Processor, 1]
def f(p: P):
    p.pay(1)
→ Processor.pay

import payment
def f(ps: list[payment.Processor]):
    for p in ps:
        p.pay(1)
→ Processor.pay

import payment
def f(ps: list[payment.Processor]):
    return [p.pay(1) for p in ps]
→ Processor.pay

import payment
def f(ps: dict[str, payment.Processor]):
    ps['x'].pay(1)
→ Processor.pay

import payment
def f(ps: dict[str, payment.Processor]):
    ps.get('x').pay(1)
→ Processor.pay

import payment
def f(*ps: payment.Processor):
    ps[0].pay(1)
→ Processor.pay

import payment
for p in (payment.Processor(), payment.Processor()):
    p.pay(1)
→ Processor.__init__ Processor.__init__ Processor.pay

import payment
p: payment.Processor = object()
p.pay(1)
→ Processor.pay

import payment
payment.processor().pay(1)
→ Processor.pay processor

import payment
payment.unspoken().pay(1)
→ Processor.pay unspoken

import payment
payment.shared.pay(1)
→ Processor.pay

import payment
payment.Processor.create().pay(1)
→ Processor.create Processor.pay

import payment
payment.Processor.fee(1)
→ Processor.fee

import payment
payment.Processor.pay(payment.shared, 1)
→ Processor.pay

import payment
with payment.Processor() as p:
    p.pay(1)
→ Processor.__init__ Processor.pay

import payment
with payment.session() as p:
    p.pay(1)
→ session Processor.pay

import payment
async def f():
    async with payment.asession() as p:
        p.pay(1)
→ asession Processor.pay

import payment
payment.shared()
→ Processor.__call__

import payment
class A:
    def __init__(self):
        self.p = payment.Processor()
    def f(self):
        self.p.pay(1)
→ Processor.__init__ Processor.pay

import payment
class A:
    def __init__(self, p: payment.Processor):
        self.p = p
    def f(self):
        self.p.pay(1)
→ Processor.pay

import payment
class A:
    def __init__(self, p=None):
        self.p: payment.Processor = p
    def f(self):
        self.p.pay(1)
→ Processor.pay

import payment
from dataclasses import dataclass
@dataclass
class A:
    p: payment.Processor
    def f(self):
        self.p.pay(1)
→ Processor.pay

import payment
class A:
    p = payment.Processor()
    def f(self):
        self.p.pay(1)
A().p.pay(2)
→ Processor.__init__ Processor.pay Processor.pay

import payment
class A(payment.Processor):
    def f(self):
        self.pay(1)
→ Processor.pay

import payment
class A(payment.Processor):
    def pay(self, x):
        super().pay(x)
→ Processor.pay

import payment
class A(payment.Processor): ...
A()
→ Processor.__init__

import payment
class A(payment.Processor):
    def __init__(self):
        super().__init__()
A()
→ Processor.__init__

import payment
payment.Card().pay(1)
→ Processor.__init__ Processor.pay

import payment
payment.shared.receipt.show()
→ Receipt.show

import payment
payment.shared.receipt
→ nothing

import payment
payment.Receipt()
→ nothing

import payment
print(payment.refund)
→ nothing

import payment
later = lambda: payment.refund(1)
→ refund

import payment
@payment.refund
def f(): ...
→ nothing

import payment
@payment.processor()
def f(): ...
→ processor

import payment
def f(x=payment.processor()): ...
→ processor

import payment
match payment.processor():
    case 1: payment.refund(1)
→ processor refund
"""
"""Sources of the module ``order``, each with the callables of ``payment`` that it reaches (sorted by line and name)."""


def cases():
    for block in CASES.strip().split("\n\n"):
        source, _, expected = block.partition("\n→ ")
        yield pytest.param(
            source, [] if expected == "nothing" else expected.split(), id=source.replace("\n", "; ")
        )


@pytest.mark.parametrize(("source", "expected"), list(cases()))
def test_what_a_call_reaches(tree, source, expected):
    project = tree.flat(order=source, payment=PAYMENT)

    found = sorted(project.call_sites, key=lambda site: (site.place.line, site.callable))
    assert [site.callable.removeprefix("payment.") for site in found] == expected
    assert {(site.caller, site.callee) for site in found} <= {("order", "payment")}


def test_calls_inside_a_component_are_none(tree):
    project = tree.map(
        {
            "shop/order/__init__.py": "from .lines import add\nadd()\n",
            "shop/order/lines.py": "def add(): ...\n",
            "shop/stock.py": "",
        }
    )

    assert project.call_sites == ()


def test_a_re_export_leads_to_the_definition(tree):
    project = tree.map(
        {
            "shop/__init__.py": "from .order import place\n",
            "shop/order/__init__.py": "from shop.order.service import place, Service as S\n",
            "shop/order/service.py": "def place(): ...\nclass Service:\n    def run(self): ...\n",
            "shop/api.py": "import shop\nfrom shop.order import S\nshop.place()\nS().run()\n",
        }
    )

    assert [site.callable for site in project.call_sites] == [
        "shop.order.service.Service.run",
        "shop.order.service.place",
    ]
    assert {site.callee for site in project.call_sites} == {"shop.order"}


def test_where_a_call_stands(tree):
    source = "import payment\nclass A:\n    def f(self):\n        def g():\n            payment.refund(1)\n"
    site = tree.site(order=source, payment=PAYMENT)

    assert str(site.place) == "order.py:5"
    assert site.place.function == "A.f.<locals>.g"


def test_code_of_the_module_itself_is_called_module(tree):
    assert (
        tree.site(order="import payment\npayment.refund(1)\n", payment=PAYMENT).place.function == "<module>"
    )


def test_lines_are_those_that_a_running_frame_names(tree):
    source = textwrap.dedent(
        """
        import payment
        def f():
            (payment
                .refund(
                    1,
                ))
            payment.refund(
                2,
            )
        """
    )
    lines = []
    stand_in = type("payment", (), {"refund": staticmethod(lambda amount: lines.append(sys_frame_line()))})

    def sys_frame_line():
        import sys

        return sys._getframe(2).f_lineno

    names = {}
    exec(compile(source.replace("import payment", ""), "order.py", "exec"), names)
    names["payment"] = stand_in
    names["f"]()

    project = tree.flat(order=source, payment=PAYMENT)
    assert [site.place.line for site in project.call_sites] == lines


def test_arguments_as_written(tree):
    site = tree.site(
        order="from payment import *\nrefund(1 + 1, x, *more, key='é', **rest)\n", payment=PAYMENT
    )

    assert [(each.position, each.keyword, each.text) for each in site.arguments] == [
        (0, "", "1 + 1"),
        (1, "", "x"),
        (3, "key", "'é'"),
    ]
    assert site.starred


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("'ann', 'hunter2'", ["'ann'", "…"]),
        ("'ann', password='hunter2'", ["'ann'", "…"]),
        ("'ann', password=4711", ["'ann'", "…"]),
        ("'ann', f'hunter{2}'", ["'ann'", "…"]),
        ("password, settings.password", ["password", "settings.password"]),
        ("{'api_key': 'hunter2'}, None", ["…", "None"]),
        ("{'list': [{'secret': ('hunter2',)}]}, password", ["…", "password"]),
        ("User(token='hunter2'), password", ["…", "password"]),
        ("User(token=token, name='ann'), password", ["User(token=token, name='ann')", "password"]),
    ],
)
def test_a_secret_that_the_source_spells_out_is_hidden(tree, arguments, shown):
    project = tree.flat(
        login=f"import gate\ndef enter():\n    gate.open({arguments})",
        gate="def open(user, password): ...",
    )

    (site,) = project.call_sites
    assert [each.text for each in site.arguments] == shown


def test_long_arguments_are_cut_and_put_on_one_line(tree):
    site = tree.site(order=f"import payment\npayment.refund([\n  1,\n  '{'x' * 200}',\n])\n", payment=PAYMENT)

    (argument,) = site.arguments
    assert argument.text.startswith("[ 1, 'xxx")
    assert len(argument.text) == 100
    assert not site.starred


@pytest.mark.parametrize(
    ("statement", "result"),
    [
        ("await payment.shared.send()", "awaited"),
        ("x = await payment.shared.send()", "awaited"),
        ("payment.shared.send()", "discarded"),
        ("x = payment.shared.send()", "used"),
        ("return payment.shared.send()", "used"),
    ],
)
def test_what_becomes_of_the_result(tree, statement, result):
    source = f"import payment\nasync def f():\n    {statement}\n"

    assert tree.site(order=source, payment=PAYMENT).result == result


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import payment\ndef f(p):\n    p.pay(1)", "parameter `p` has no annotation"),
        ("import payment\nfrom typing import Any\ndef f(p: Any):\n    p.pay(1)", "annotated `Any`"),
        ("import payment\np = payment.nothing()\np.pay(1)", "`payment` has no `nothing`"),
        ("import payment\np = None\np.pay(1)", "the source shows only `None` for it"),
        ("import payment\nfor a, p in []:\n    p.pay(1)", "it is unpacked from another value"),
    ],
)
def test_what_cannot_be_resolved_is_listed_with_its_reason(tree, source, reason):
    project = tree.flat(order=source, payment=PAYMENT)

    assert not any(site.callable.endswith("pay") for site in project.call_sites)
    (unresolved,) = [each for each in project.unresolved if each.text.endswith(".pay")]
    assert unresolved.reason == reason


@pytest.mark.parametrize(
    "source",
    [
        "def f(p):\n    p.pay(1)",
        "import payment\ndef f(p):\n    p.save(1)",
        "import payment, httpx\nhttpx.pay(1)\nhttpx.Client().pay(1)",
        "import payment\n[].pay(1)\n''.pay()\n{}.pay()",
        "import payment\ndef f(p: str):\n    p.pay(1)",
    ],
)
def test_what_cannot_cross_a_seam_is_not_listed(tree, source):
    project = tree.flat(order=source, payment=PAYMENT)

    assert project.unresolved == ()
    assert project.call_sites == ()


def test_a_method_that_a_subclass_overrides_is_decided_at_run_time(tree):
    project = tree.flat(
        gateway="import abc\nclass Gateway(abc.ABC):\n    @abc.abstractmethod\n    def charge(self): ...\n",
        stripe="from gateway import Gateway\nclass Stripe(Gateway):\n    def charge(self): ...\n",
        order="from gateway import Gateway\ndef f(g: Gateway):\n    g.charge()\n",
    )

    assert project.call_sites == ()
    (unresolved,) = project.unresolved
    assert unresolved.reason == "decided at run time: stripe.Stripe.charge"


def test_an_object_that_was_just_made_is_exactly_of_its_class(tree):
    project = tree.flat(
        gateway="class Gateway:\n    def charge(self): ...\nclass Other(Gateway):\n    def charge(self): ...\n",
        order="from gateway import Gateway\ng = Gateway()\ng.charge()\n",
    )

    assert [site.callable for site in project.call_sites] == ["gateway.Gateway.charge"]


def test_a_class_is_called_through_its_metaclass(tree):
    project = tree.flat(
        single="class Single(type):\n    def __call__(cls, *args, **kwargs): ...\nclass Plain(type): ...\n",
        ledger="""
            import single

            class Ledger(metaclass=single.Single):
                def __init__(self, name): ...

            class Book(Ledger):
                def __init__(self): ...

            class Page(metaclass=single.Plain):
                def __init__(self): ...
        """,
        order="from ledger import Book, Ledger, Page\nLedger('a')\nBook()\nPage()\n",
    )

    found = sorted(project.call_sites, key=lambda site: site.place.line)
    called = [(site.place.line, site.callable) for site in found]
    assert called == [
        (2, "single.Single.__call__"),
        (3, "single.Single.__call__"),
        (4, "ledger.Page.__init__"),
    ]
    first = found[0]
    assert ([each.text for each in first.arguments], first.callee) == (["'a'"], "single")


def test_a_union_is_not_guessed(tree):
    project = tree.flat(
        a="class A:\n    def run(self): ...\n",
        b="class B:\n    def run(self): ...\n",
        order="from a import A\nfrom b import B\ndef f(x: A | B):\n    x.run()\n",
    )

    assert project.call_sites == ()
    (unresolved,) = project.unresolved
    assert unresolved.reason == "decided at run time: a.A.run, b.B.run"


@pytest.mark.parametrize(
    "source",
    [
        "from order import x as x\ny = x\nz = y\nz.pay()",
        "class A(B): ...\nclass B(A): ...\nA().pay()",
        "def f(): return f()\nf().pay()",
        "x = x\nx.pay()",
    ],
)
def test_what_is_defined_by_itself_ends(tree, source):
    assert tree.flat(order=source, payment=PAYMENT).call_sites == ()


@pytest.mark.parametrize(
    ("call", "arguments"),
    [("Ledger.book(self, 1)", ["1"]), ("super().book(1)", ["1"]), ("Ledger().book(1)", ["1"])],
)
def test_the_receiver_that_a_call_through_the_class_writes_is_no_argument(tree, call, arguments):
    site = tree.flat(
        ledger="class Ledger:\n    def book(self, cents): ...\n",
        order=f"""
            from ledger import Ledger

            class Order(Ledger):
                def book(self, cents):
                    return {call}
        """,
    ).call_sites[-1]

    assert ([each.text for each in site.arguments], site.starred) == (arguments, False)
