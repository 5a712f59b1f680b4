"""Calls that hand on what their function gathers, and results that are asked for their type."""

import pytest

from dryfit.discover.consumers import consumers
from dryfit.model.seam import Place
from dryfit.model.structure import ProjectMap


@pytest.fixture
def read(tmp_path):
    """Read what becomes of the call of ``find`` in a function's body."""

    def _read(head, *body):
        (tmp_path / "shop.py").write_text("\n    ".join([f"{head}:", *body]) + "\n")
        line = next(number for number, text in enumerate(body, 2) if "find(" in text)
        call = (Place("shop.py", line, "f"), "find")
        told = consumers(tmp_path, ProjectMap(str(tmp_path)), [call], [], [])
        return told.uses[call].ways, call in told.passing_on

    return _read


@pytest.mark.parametrize(
    ("head", "call", "passes_on"),
    [
        ("def f(*args)", "find(*args)", True),
        ("def f(self, **options)", "self.stock.find(1, **options)", True),
        ("def f(pair)", "find(*pair)", False),
        ("def f(*args)", "find(args)", False),
        ("def f(*args)", "find(*(1, 2))", False),
    ],
)
def test_a_call_that_hands_on_what_its_function_gathers(read, head, call, passes_on):
    assert read(head, call)[1] is passes_on


@pytest.mark.parametrize("question", ["isinstance(found, dict)", "type(found) is dict"])
def test_a_result_that_is_asked_for_its_type(read, question):
    ways, _ = read("def f()", "found = find()", f"return found['a'] if {question} else None")
    assert "told apart" in ways
