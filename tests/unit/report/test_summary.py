"""The short form at the end of a pytest session."""

import re
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
    assert any(re.fullmatch(r"  and [0-9,]+ more", line) for line in lines)
    assert "details   dryfit report" in lines
    assert "and 37 more warnings" in lines


def test_an_output_without_our_signs(shop: Run) -> None:
    lines = summary_lines(shop, encoding="ascii")
    assert "".join(lines).isascii()
    assert lines[0].startswith("seams     ####")


def test_a_terminal_costs_a_seam_its_middle(shop: Run) -> None:
    wide, narrow = summary_lines(shop), summary_lines(shop, width=100)
    assert max(map(len, wide)) > 100
    assert max(map(len, narrow)) == 100
    assert [line.split()[-1] for line in narrow] == [line.split()[-1] for line in wide]


def test_a_narrow_terminal_costs_the_names_of_the_rules(shop: Run) -> None:
    lines = summary_lines(shop, width=80)
    assert max(map(len, lines)) == 80
    assert "  error    DF101  order.py:20     order → payment.…process_payment  DF101-220c1a" in lines


@given(data=st.data(), width=st.integers(40, 120) | st.none())
def test_any_run_names_the_gravest_findings_one_a_line(
    data: st.DataObject, runs: SearchStrategy[Run], width: int | None
) -> None:
    run = data.draw(runs)
    lines = summary_lines(run, "r" * 200, width=width)
    told = [line for line in lines if re.match("  (error|warning|note) ", line)]
    still_open = [finding for finding in run.findings if finding.accepted is None]
    assert sorted(line[-12:] for line in told) == sorted(finding.id for finding in still_open)
    assert [line.split()[0] for line in told] == sorted(
        (finding.severity for finding in still_open), key=["error", "warning", "note"].index
    )
    assert lines[-1] == "report    " + "r" * 200
    assert not any("\n" in line for line in lines)


def test_a_warning_is_never_cut(shop: Run) -> None:
    told = "a warning " * 40
    run = replace(shop, observations=replace(shop.observations, warnings=(told,)))
    assert f"warning   {told}" in summary_lines(run, width=40)
