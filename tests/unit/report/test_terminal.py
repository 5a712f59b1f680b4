"""What a terminal shows, and what is left of it where there is none."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from rich.cells import cell_len
from rich.console import Console

from dryfit.model.lanes import PARTLY
from dryfit.model.run import CheckSummary, Run
from dryfit.model.trace import Observations, Skipped
from dryfit.report import terminal


def printed(run: Run, *, width: int = 80, encoding: str = "utf-8", **options: bool) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    terminal.render(run, Console(file=file, width=width, **options), ".dryfit/report.html")  # type: ignore[arg-type]
    file.flush()
    return raw.getvalue().decode(encoding)


def test_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    golden("terminal.txt", printed(shop))


def test_a_large_program_is_folded(large: Run) -> None:
    text = printed(large)
    assert "and 137 more of DF104 unexercised-seam" in text
    assert text.count("DF104 unexercised-seam") == 9


def test_no_colour_and_no_trailing_space_where_there_is_no_terminal(shop: Run) -> None:
    text = printed(shop)
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_a_pipe_gets_every_name_whole(shop: Run) -> None:
    text = printed(shop, width=30)
    assert "  failed  tests/test_flow.py::test_an_order_from_basket_to_mail[two items]\n" in text
    assert printed(shop, width=30) == printed(shop, width=200)


def test_what_is_accepted_is_told_with_its_reason(shop: Run) -> None:
    (accepted,) = [finding for finding in shop.findings if finding.accepted]
    section = printed(shop).partition("\nAccepted\n")[2].partition("\n\n")[0]
    assert section == f"  {accepted.id}  {accepted.accepted}"


def test_no_color_is_respected(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;31m" in printed(shop, force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in printed(shop, force_terminal=True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_any_encoding_will_do(shop: Run, encoding: str) -> None:
    text = printed(shop, encoding=encoding)
    assert "order -> payment.PaymentProcessor.process_payment" in text


@given(data=st.data(), width=st.integers(30, 120))
def test_any_run_keeps_the_width_and_names_every_error(
    data: st.DataObject, runs: SearchStrategy[Run], width: int
) -> None:
    run = data.draw(runs)
    text = printed(run, width=width, force_terminal=True, no_color=True)
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    assert max(map(cell_len, text.splitlines())) <= width
    joined = "".join(text.split())
    open_errors = [found for found in run.findings if found.severity == "error" and found.accepted is None]
    assert all(found.id in joined for found in open_errors)


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (
            CheckSummary("contention", 2.0, trials=1204, overlaps=3),
            "contention: 3 overlaps, 1,204 interleavings, all of them exhausted",
        ),
        (
            CheckSummary("contention", 2.0, 9, exhausted=False, overlaps=1),
            "contention: 1 overlap, 9 interleavings",
        ),
        (CheckSummary("contention", 2.0), "contention: nothing was run at once"),
    ],
)
def test_what_was_run_at_once_is_told(shop: Run, summary: CheckSummary, said: str) -> None:
    assert f"        {said}\n" in printed(replace(shop, checks=(summary,)))


def test_overlaps_of_one_name_are_told_in_one_line(shop: Run) -> None:
    skipped = tuple(
        Skipped("two calls of buy at once", f"{PARTLY}: {tried} of at least 90 interleavings")
        for tried in (40, 50, 40)
    )
    text = printed(replace(shop, checks=(CheckSummary("contention", 2.0, skipped=skipped),)))
    assert "contention: 3 overlaps explored in part\n" in text
    assert [line for line in text.splitlines() if "two calls of buy" in line] == [
        f"  two calls of buy at once: {skipped[0].reason}; and so are 2 more of that name"
    ]


def test_a_text_cannot_steer_the_terminal(shop: Run) -> None:
    run = replace(shop, observations=Observations(warnings=("\x1b[2J\x9b2Jgone\r",)))
    assert "  [2J 2Jgone" in printed(run)


def test_a_run_with_nothing_in_it(shop: Run) -> None:
    text = printed(Run(shop.info, replace(shop.project, unresolved=(), problems=()), Observations()))
    assert "no seam between components was found" in text
    assert "no findings" in text
    assert "Not checked" not in text


def test_no_command_that_does_not_exist(shop: Run) -> None:
    assert "replay" not in printed(shop)
