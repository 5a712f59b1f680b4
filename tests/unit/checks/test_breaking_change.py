"""DF205 on two versions of a small program: ``payment`` offers something that ``order`` uses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dryfit.checks import breaking_change
from dryfit.checks.judgement import Judgement
from dryfit.discover import survey
from dryfit.discover.comparison import compare_revision

Judged = Callable[..., Judgement]


def git(root: Path, *arguments: str) -> str:
    named = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *named, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Judge what has changed from ``before`` to ``after``, both the files of a program by name."""

    def _judged(before: dict[str, str], after: dict[str, str]) -> Judgement:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        root.mkdir()
        git(root, "init", "-q")
        write(root, before)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "before")
        write(root, after)
        return breaking_change.judge(compare_revision(root, "HEAD", (), survey(root)))

    return _judged


CALL = "import payment\n\ndef checkout(total):\n    return payment.charge({})\n"

METHOD = """
    import payment

    def checkout(gate: payment.Gate, total):
        return gate.charge(total)
"""

# name, payment before, payment after, order, the end of the message; None: nothing is said
CASES = [
    ("removed", "def charge(a): ...", "def refund_everything(x, y): ...", CALL.format("total"), "is gone."),
    ("renamed", "def charge(a): ...", "def charge_card(a): ...", CALL.format("total"), "renamed to charge_card?"),
    (
        "renamed, unlike, same parameters",
        "def charge(cents, card): ...",
        "def collect(cents, card): ...",
        CALL.format("total, 1"),
        "renamed to collect?",
    ),
    (
        "parameters swapped",
        "def charge(a, b): ...",
        "def charge(b, a): ...",
        CALL.format("total, 1"),
        "takes its parameters in the order (b, a) instead of (a, b).",
    ),
    ("parameters swapped, keywords", "def charge(a, b): ...", "def charge(b, a): ...", CALL.format("a=1, b=2"), None),
    (
        "inserted before",
        "def charge(a, b): ...",
        "def charge(a, x=1, b=2): ...",
        CALL.format("total, 1"),
        "takes its parameters in the order (a, x, b) instead of (a, b).",
    ),
    (
        "new required",
        "def charge(a): ...",
        "def charge(a, currency): ...",
        CALL.format("total"),
        "requires a new parameter 'currency'.",
    ),
    (
        "new required keyword",
        "def charge(a): ...",
        "def charge(a, *, currency): ...",
        CALL.format("total"),
        "requires a new parameter 'currency'.",
    ),
    ("new optional", "def charge(a): ...", "def charge(a, currency='EUR'): ...", CALL.format("total"), None),
    (
        "default gone",
        "def charge(a, b=1): ...",
        "def charge(a, b): ...",
        CALL.format("total"),
        "has no default for 'b' any more.",
    ),
    ("default gone, but passed", "def charge(a, b=1): ...", "def charge(a, b): ...", CALL.format("total, 2"), None),
    (
        "keyword only",
        "def charge(a, b): ...",
        "def charge(a, *, b): ...",
        CALL.format("total, 2"),
        "takes 'b' as a keyword only.",
    ),
    ("keyword only, so passed", "def charge(a, b): ...", "def charge(a, *, b): ...", CALL.format("total, b=2"), None),
    (
        "positional only",
        "def charge(a): ...",
        "def charge(a, /): ...",
        CALL.format("a=total"),
        "takes 'a' by position only.",
    ),
    (
        "parameter renamed",
        "def charge(amount): ...",
        "def charge(cents): ...",
        CALL.format("amount=total"),
        "calls its parameter 'amount' 'cents'.",
    ),
    ("parameter renamed, by position", "def charge(a): ...", "def charge(b): ...", CALL.format("total"), None),
    (
        "parameter lost",
        "def charge(a, b): ...",
        "def charge(a): ...",
        CALL.format("total, 2"),
        "has lost its parameter 'b'.",
    ),
    (
        "further arguments",
        "def charge(a, *rest): ...",
        "def charge(a): ...",
        CALL.format("total, 2"),
        "takes no further positional arguments (*rest).",
    ),
    (
        "further keywords",
        "def charge(a, **rest): ...",
        "def charge(a): ...",
        CALL.format("total, tip=2"),
        "takes no further keywords (**rest).",
    ),
    (
        "int to Decimal",
        "def charge(a: int): ...",
        "from decimal import Decimal as D\ndef charge(a: D): ...",
        CALL.format("total"),
        "takes decimal.Decimal instead of int for 'a'.",
    ),
    (
        "str to bytes, quoted",
        "def charge(a: 'str'): ...",
        "from __future__ import annotations\ndef charge(a: bytes): ...",
        CALL.format("total"),
        "takes bytes instead of str for 'a'.",
    ),
    (
        "optional dropped",
        "from typing import Optional\ndef charge(a: Optional[int] = None): ...",
        "def charge(a: int = 0): ...",
        CALL.format("total"),
        "takes int instead of None | int for 'a'.",
    ),
    ("optional dropped, not passed", "def charge(a: int | None = None): ...", "def charge(a: int = 0): ...",
     CALL.format(""), None),
    (
        "elements narrowed",
        "def charge(a: list[str]): ...",
        "def charge(a: list[int]): ...",
        CALL.format("total"),
        "takes list[int] instead of list[str] for 'a'.",
    ),
    ("widened", "def charge(a: int): ...", "def charge(a: float | None): ...", CALL.format("total"), None),
    ("respelled", "from typing import Optional as O, List\ndef charge(a: O[List[int]]): ...",
     "def charge(a: 'list[int] | None'): ...", CALL.format("total"), None),
    ("an alias of the same", "def charge(a: int | str): ...", "Id = int | str\ndef charge(a: Id): ...",
     CALL.format("total"), None),
    ("to a protocol", "def charge(a: int): ...", "from typing import SupportsInt\ndef charge(a: SupportsInt): ...",
     CALL.format("total"), None),
    ("to an ancestor", "class A: ...\nclass B(A): ...\ndef charge(a: B): ...",
     "class A: ...\nclass B(A): ...\ndef charge(a: A): ...", CALL.format("total"), None),
    (
        "to a descendant",
        "class A: ...\nclass B(A): ...\ndef charge(a: A): ...",
        "class A: ...\nclass B(A): ...\ndef charge(a: B): ...",
        CALL.format("total"),
        "takes payment.B instead of payment.A for 'a'.",
    ),
    (
        "returns None as well",
        "def charge(a) -> str: ...",
        "def charge(a) -> str | None: ...",
        CALL.format("total"),
        "returns None | str instead of str.",
    ),
    ("returns less", "def charge(a) -> str | None: ...", "def charge(a) -> str: ...", CALL.format("total"), None),
    (
        "sync to async",
        "def charge(a): ...",
        "async def charge(a): ...",
        CALL.format("total"),
        "has to be awaited now.",
    ),
    (
        "async to sync",
        "async def charge(a): ...",
        "def charge(a): ...",
        "import payment\n\nasync def checkout(total):\n    return await payment.charge(total)\n",
        "is no coroutine any more.",
    ),
    (
        "method to property",
        "class Gate:\n    def charge(self): ...",
        "class Gate:\n    @property\n    def charge(self): ...",
        METHOD.replace("charge(total)", "charge()"),
        "is a property now, and the call calls what it gives.",
    ),
    (
        "property to method",
        "class Gate:\n    @property\n    def charge(self): ...",
        "class Gate:\n    def charge(self): ...",
        METHOD.replace("charge(total)", "charge"),
        "is a method now: reading it gives the method itself.",
    ),
    (
        "method gone",
        "class Gate:\n    def charge(self, a): ...",
        "class Gate:\n    def refund(self): ...",
        METHOD,
        "is gone.",
    ),
    ("method moved to the base", "class Gate:\n    def charge(self, a): ...",
     "class Base:\n    def charge(self, a): ...\nclass Gate(Base): ...", METHOD, None),
    ("method of a foreign base", "class Gate:\n    def charge(self, a): ...",
     "import foreign\nclass Gate(foreign.Gate): ...", METHOD, None),
    (
        "dataclass's field",
        "from dataclasses import dataclass\n@dataclass\nclass Card:\n    number: str\n",
        "from dataclasses import dataclass\n@dataclass\nclass Card:\n    number: str\n    year: int\n",
        "from payment import Card\n\ndef checkout(text):\n    return Card(text)\n",
        "requires a new parameter 'year'.",
    ),
    (
        "exception's base",
        "class Error(Exception): ...\nclass Declined(Error): ...",
        "class Error(Exception): ...\nclass Declined(Exception): ...",
        "import payment\n\ndef checkout(f):\n    try:\n        f()\n    except payment.Error:\n        pass\n",
        "is no payment.Error any more, which is caught.",
    ),
    (
        "built-in exception's base",
        "class Declined(ValueError): ...\ndef charge(a): raise Declined",
        "class Declined(Exception): ...\ndef charge(a): raise Declined",
        "import payment\n\ndef checkout(a):\n    try:\n        payment.charge(a)\n"
        "    except ValueError:\n        pass\n",
        "is no ValueError any more, which is caught.",
    ),
    (
        "class to function",
        "class Gate: ...",
        "def Gate(): ...",
        "import payment\n\nclass Own(payment.Gate): ...\n",
        "is a function now, and cannot be derived from.",
    ),
    (
        "class gone, with its methods",
        "class Gate:\n    def __init__(self): ...\n    def charge(self): ...",
        "class Gateway:\n    def __init__(self): ...\n    def charge(self): ...",
        "import payment\n\ndef checkout():\n    return payment.Gate().charge()\n",
        "is gone; renamed to Gateway?",
    ),
    ("decorated", "def charge(a): ...", "import foreign\n@foreign.wrap\ndef charge(): ...", CALL.format("total"), None),
    ("made at run time", "def charge(a): ...", "def __getattr__(name): ...", CALL.format("total"), None),
    ("unused by others", "def other(a): ...", "def other(): ...", "import payment\n", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "order", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_change(judged: Judged, before: str, after: str, order: str, end: str | None) -> None:
    findings = judged({"payment.py": before, "order.py": order}, {"payment.py": after}).findings
    assert [(each.severity, each.seam.caller) for each in findings] == ([("error", "order")] if end else [])
    assert all(each.message.endswith(end) for each in findings), findings
    assert all(each.site.file == "order.py" for each in findings)


@pytest.mark.parametrize("case", [case for case in CASES if case[4]], ids=lambda case: case[0])
def test_nothing_is_said_of_what_is_as_it_was(judged: Judged, case: tuple[str, str, str, str, str]) -> None:
    files = {"payment.py": case[1], "order.py": case[3]}
    assert judged(files, files).findings == ()


ADAPTED = [
    ("def charge(a): ...", "def charge(a, b): ...", "payment.charge(1)", "payment.charge(1, 2)"),
    ("def charge(a): ...", "def charge_card(a): ...", "payment.charge(1)", "payment.charge_card(1)"),
    ("def charge(a: int): ...", "def charge(a: str): ...", "payment.charge(1)", 'payment.charge("1")'),
    ("async def charge(): ...", "def charge(): ...", "await payment.charge()", "payment.charge()"),
]


@pytest.mark.parametrize(("before", "after", "call", "adapted"), ADAPTED)
def test_uses_that_have_been_adapted_break_nothing(
    judged: Judged, before: str, after: str, call: str, adapted: str
) -> None:
    order = "import payment\n\nasync def checkout():\n    return {}\n"
    assert not judged(
        {"payment.py": before, "order.py": order.format(call)},
        {"payment.py": after, "order.py": order.format(adapted)},
    ).findings


def test_of_several_uses_those_that_stand_are_told(judged: Judged) -> None:
    order = "import payment\n\ndef one():\n    payment.charge({})\n\ndef two():\n    payment.charge(2)\n"
    before = {"payment.py": "def charge(a): ...", "order.py": order.format(1)}
    after = {"payment.py": "def charge(a, b): ...", "order.py": order.format("1, 2")}
    (finding,) = judged(before, after).findings
    assert {fact.name: fact.value for fact in finding.evidence}["call sites"] == ("order.py:7",)


def test_a_call_that_moved_within_its_component_stands(judged: Judged) -> None:
    before = {"payment.py": "def charge(a: int): ...", "order.py": CALL.format("total")}
    after = {
        "payment.py": "def charge(a: str): ...",
        "order.py": CALL.format("total").replace("checkout", "buy"),
    }
    (finding,) = judged(before, after).findings
    assert finding.site.function == "buy"


def test_a_call_that_unpacks_its_arguments_is_a_warning(judged: Judged) -> None:
    files = {"payment.py": "def charge(a): ...", "order.py": CALL.format("*total")}
    (finding,) = judged(files, {"payment.py": "def charge(a, b): ..."}).findings
    assert finding.severity == "warning"
    assert "unpack" in finding.message


def test_a_moved_function_whose_callers_follow_is_compared_where_it_is_now(judged: Judged) -> None:
    before = {"payment.py": "def charge(a): ...", "order.py": "from payment import charge\n\ncharge(1)\n"}
    moved = {"order.py": "from billing import charge\n\ncharge(1)\n", "payment.py": ""}
    assert judged(before, moved | {"billing.py": "def charge(a): ..."}).findings == ()
    (finding,) = judged(before, moved | {"billing.py": "def charge(a, b): ..."}).findings
    assert "requires a new parameter 'b'" in finding.message


def test_a_moved_function_whose_callers_stay_behind_is_gone(judged: Judged) -> None:
    before = {"payment.py": "def charge(a): ...", "order.py": CALL.format("total")}
    (finding,) = judged(before, {"payment.py": "", "billing.py": "def charge(a): ..."}).findings
    assert finding.message.endswith("is gone; moved to billing.charge?")


def test_a_function_that_is_handed_on_stays_offered(judged: Judged) -> None:
    before = {"payment.py": "def charge(a): ...", "order.py": CALL.format("total")}
    after = {"payment.py": "from billing import charge\n", "billing.py": "def charge(a): ..."}
    assert judged(before, after).findings == ()


def test_a_call_written_meanwhile_for_the_old_interface_is_an_error(judged: Judged) -> None:
    before = {"payment.py": "def charge(a): ...", "order.py": "import payment\n"}
    after = {"payment.py": "def charge(a, b): ...", "order.py": CALL.format("total")}
    (finding,) = judged(before, after).findings
    assert finding.severity == "error"


def test_all_changes_and_all_call_sites_of_one_caller_are_told_together(judged: Judged) -> None:
    order = "import payment\n\ndef one():\n    payment.charge(1)\n\ndef two():\n    payment.charge(2)\n"
    before = {"payment.py": "def charge(a: int): ...", "order.py": order}
    (finding,) = judged(before, {"payment.py": "async def charge(a: str): ..."}).findings
    assert finding.message == (
        "charge of payment, which order uses, takes str instead of int for 'a' and has to be awaited now."
    )
    facts = {fact.name: fact.value for fact in finding.evidence}
    assert facts == {
        "at HEAD": "(a: int)",
        "now": "async (a: str)",
        "declared at": "payment.py:1",
        "call sites": ("order.py:4", "order.py:7"),
    }


def test_every_caller_has_a_finding_of_its_own(judged: Judged) -> None:
    before = {"payment.py": "def charge(a): ...", "order.py": CALL.format("1"), "desk.py": CALL.format("1")}
    findings = judged(before, {"payment.py": "def charge(a, b): ..."}).findings
    assert sorted(each.seam.caller for each in findings) == ["desk", "order"]
    assert len({each.id for each in findings}) == 2


def test_an_id_does_not_depend_on_lines(judged: Judged) -> None:
    before = {"payment.py": "def charge(a): ...", "order.py": CALL.format("1")}
    (one,) = judged(before, {"payment.py": "def charge(a, b): ..."}).findings
    (two,) = judged(before, {"payment.py": "\n\n\ndef charge(a, b): ..."}).findings
    assert one.id == two.id
    assert one.evidence != two.evidence


@pytest.mark.parametrize(
    ("before", "after"), [("def charge(a: ...", "def charge(): ..."), ("def charge(a): ...", "def (")]
)
def test_a_file_that_does_not_parse_on_one_side_is_skipped_with_its_reason(
    judged: Judged, before: str, after: str
) -> None:
    judgement = judged({"payment.py": before, "order.py": CALL.format("1")}, {"payment.py": after})
    assert judgement.findings == ()
    (skipped,) = judgement.skipped
    assert skipped.what.startswith("DF205 payment.py")
    assert "can't be parsed" in skipped.reason


def test_a_decorated_callable_is_skipped_with_its_reason(judged: Judged) -> None:
    after = "import foreign\n\n@foreign.wrap\ndef charge(a, b): ...\n"
    judgement = judged(
        {"payment.py": "def charge(a): ...", "order.py": CALL.format("1")}, {"payment.py": after}
    )
    assert [each.what for each in judgement.skipped] == ["DF205 payment.charge"]


def test_a_package_is_compared_module_by_module(judged: Judged) -> None:
    before = {
        "shop/__init__.py": "",
        "shop/payment/__init__.py": "from shop.payment.core import charge\n",
        "shop/payment/core.py": "def charge(a): ...\n",
        "shop/order.py": "from .payment import charge\n\ndef checkout():\n    charge(1)\n",
    }
    (finding,) = judged(before, {"shop/payment/core.py": "def charge(a, b): ...\n"}).findings
    assert finding.seam.callable == "shop.payment.core.charge"
    assert finding.site.file == "shop/order.py"


def test_what_has_no_name_hides_nothing_beside_it(judged: Judged) -> None:
    order = (
        CALL.format("total")
        + "\n\ndef other(f):\n    try:\n        f()(1)[0]()\n    except f():\n        pass\n"
    )
    before = {"payment.py": "class charge: ...", "order.py": order}
    (finding,) = judged(before, {"payment.py": ""}).findings
    assert finding.message.endswith("is gone.")
