"""The short form at the end of a pytest session."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dryfit.model.run import Run
from dryfit.report.summary import summary_lines


def test_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    golden("summary.txt", "\n".join(summary_lines(shop, ".dryfit/report.html")) + "\n")


def test_a_large_program_stays_short(large: Run) -> None:
    warnings = tuple(f"warning {number}" for number in range(40))
    lines = summary_lines(
        replace(large, observations=replace(large.observations, warnings=warnings)), "report.html"
    )
    assert len(lines) <= 25
    assert "  and at 130 more seams" in lines
    assert "and 37 more warnings" in lines


def test_an_output_without_our_signs(shop: Run) -> None:
    lines = summary_lines(shop, encoding="ascii")
    assert "".join(lines).isascii()
    assert lines[0].startswith("seams     ####")


@given(data=st.data(), width=st.integers(40, 120))
def test_any_run_keeps_the_width(data: st.DataObject, runs: SearchStrategy[Run], width: int) -> None:
    lines = summary_lines(data.draw(runs), width=width, encoding="ascii")
    assert (
        max(map(len, lines)) <= width + 2
    )  # a sign of ours may become three ASCII characters only before the cut
    assert not any("\n" in line for line in lines)
