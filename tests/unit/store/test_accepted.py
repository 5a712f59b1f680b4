"""The file of accepted findings: read, added to without touching the rest, applied, and every mistake in it named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dryfit.model.errors import UsageError
from dryfit.model.finding import Finding, rule
from dryfit.model.seam import Place, Seam
from dryfit.store.accepted import FILE, HEADING, Accepted, apply, pick, read, record

EDITED = """\
# ours, do not touch

# the payment people know
[DF101-bbbbbb]   # see the wiki
reason = 'a float is what the bank wants'

# by hand, and long
[DF103-dddddd]
rule = "DF103 mixed-shapes"
reason = \"\"\"
two lines:
[DF105-cccccc]\"\"\"
"""


def finding(id_: str) -> Finding:
    known = rule(id_.partition("-")[0])
    seam = Seam("order", "payment", "payment.pay")
    return Finding(
        id_, known.id, known.slug, known.check, known.severity, seam, Place("order.py", 1), "", "It is so."
    )


def test_no_file_accepts_nothing(tmp_path: Path) -> None:
    assert read(tmp_path) == {}


def test_the_first_entry(tmp_path: Path) -> None:
    assert record(tmp_path, finding("DF101-aaaaaa"), "known") == tmp_path / FILE
    assert (tmp_path / FILE).read_text().startswith(HEADING)
    assert read(tmp_path) == {
        "DF101-aaaaaa": Accepted("DF101-aaaaaa", "known", "DF101 lossy-transfer", "order → payment.pay")
    }
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("id_", ["DF101-aaaaaa", "DF101-cccccc", "DF202-000000"])
def test_an_entry_more_touches_nothing_else(tmp_path: Path, id_: str) -> None:
    (tmp_path / FILE).write_text(EDITED)
    record(tmp_path, finding(id_), "known")
    text = (tmp_path / FILE).read_text()
    added = f'[{id_}]\nrule = "DF{id_[2:5]} '
    assert added in text
    start = text.index(added)
    end = text.index('reason = "known"\n', start) + len('reason = "known"\n')
    assert (text[:start].rstrip("\n") + "\n\n" + text[end:].lstrip("\n")).strip() == EDITED.strip()
    assert list(read(tmp_path)) == sorted(["DF101-bbbbbb", "DF103-dddddd", id_])


def test_a_comment_stays_above_its_entry(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(EDITED)
    record(tmp_path, finding("DF101-cccccc"), "known")
    assert '"known"\n\n# by hand, and long\n[DF103-dddddd]' in (tmp_path / FILE).read_text()


def test_another_reason(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(EDITED)
    record(tmp_path, finding("DF101-bbbbbb"), "the bank changed")
    expected = EDITED.replace("'a float is what the bank wants'", '"the bank changed"')
    assert (tmp_path / FILE).read_text() == expected


@pytest.mark.parametrize("id_", ["DF103-dddddd", "DF104-000000"])
def test_what_cannot_be_edited_safely_is_left_alone(tmp_path: Path, id_: str) -> None:
    (tmp_path / FILE).write_text(EDITED)
    with pytest.raises(UsageError, match=rf"(?s)write this by hand:\n\[{id_}\]\n.*reason = \"known\""):
        record(tmp_path, finding(id_), "known")
    assert (tmp_path / FILE).read_text() == EDITED


@settings(deadline=None)  # writes files
@given(st.permutations(["DF101-aaaaaa", "DF101-bbbbbb", "DF202-000000", "DF207-ffffff"]))
def test_any_order_gives_the_same_file(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    root = tmp_path_factory.mktemp("project")
    for id_ in ids:
        record(root, finding(id_), "known")
    tables = tomllib.loads((root / FILE).read_text())
    assert list(tables) == sorted(ids)
    assert (root / FILE).read_text().count("\n\n") == len(ids)


@settings(deadline=None)  # writes files
@given(st.text(min_size=1).filter(str.strip))
def test_any_reason_comes_back(tmp_path_factory: pytest.TempPathFactory, reason: str) -> None:
    root = tmp_path_factory.mktemp("project")
    record(root, finding("DF101-aaaaaa"), reason)
    assert read(root)["DF101-aaaaaa"].reason == reason.strip()


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"[DF101-aaaaaa]\r\nreason = 'known'\r\n")
    record(tmp_path, finding("DF101-bbbbbb"), "known")
    assert (tmp_path / FILE).read_bytes().startswith(b"[DF101-aaaaaa]\r\nreason = 'known'\r\n")


def test_no_reason_is_no_reason(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="DF101-aaaaaa: give a reason"):
        record(tmp_path, finding("DF101-aaaaaa"), "  ")
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[DF101-aaaaaa", "not valid TOML"),
        ("[DF101-aaaaaa]", 'has no reason; add reason = "…"'),
        ("[DF101-aaaaaa]\nreason = 3", "reason is 3; a text is needed"),
        ('[DF101-aaaaaa]\nreason = "x"\nraison = "y"', "unknown key raison; allowed: rule, seam, reason"),
        ('[DF101-AAAAAA]\nreason = "x"', "not the id of a finding, which looks like DF101-3fa1c2"),
        ('[DF999-aaaaaa]\nreason = "x"', "this version of dryfit has no rule DF999"),
        ('DF101-aaaaaa = "known"', "not a table"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError) as caught:
        read(tmp_path)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(str(tmp_path / FILE))
    assert problem in caught.value.problems[0]


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[DF101-aaaaaa]\n[DF101-bbbbbb]\nreason = "x"\n[mistake]\nreason = "x"\n')
    with pytest.raises(UsageError) as caught:
        read(tmp_path)
    assert len(caught.value.problems) == 2


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"dryfit-accepted\.toml: cannot be read"):
        read(tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"dryfit-accepted\.toml: cannot be written"):
        record(tmp_path / "missing", finding("DF101-aaaaaa"), "known")


def test_applied_and_stale() -> None:
    found = [finding("DF101-aaaaaa"), finding("DF101-bbbbbb")]
    entries = {id_: Accepted(id_, "known") for id_ in ("DF101-bbbbbb", "DF103-cccccc", "DF202-dddddd")}
    applied = apply(found, entries, ["data"])
    assert [item.accepted for item in applied.findings] == [None, "known"]
    assert [entry.id for entry in applied.stale] == ["DF103-cccccc"], (
        "interfaces did not run, so DF202 may still hold"
    )
    assert [entry.id for entry in apply(found, entries, ["data", "interfaces"]).stale] == [
        "DF103-cccccc",
        "DF202-dddddd",
    ]


def test_pick() -> None:
    found = [finding("DF101-aaaaaa"), finding("DF202-bbbbbb")]
    assert pick(found, "DF202-bbbbbb") is found[1]
    with pytest.raises(UsageError, match=r"DF101-aaaaab: .*did you mean DF101-aaaaaa\?"):
        pick(found, "DF101-aaaaab")
    with pytest.raises(UsageError, match=r"x: no finding of the last run has this id; `dryfit report` lists"):
        pick(found, "x")
