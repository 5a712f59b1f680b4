"""The findings that a project lives with, and why: ``dryfit-accepted.toml``, which is committed.

One table a finding, sorted by id, so that git can merge what two branches accept; when one is added,
no comment and no other entry is touched.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from dryfit.model.errors import UsageError
from dryfit.model.finding import RULES, CheckName, Finding

FILE = "dryfit-accepted.toml"

HEADING = """\
# Findings that this project lives with, each with its reason.
# Written by `dryfit accept FINDING --reason "…"`; you may edit it.
"""

SLUG = "accepted-findings"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry; ``rule`` and ``seam`` are there for people who read the file."""

    id: str
    reason: str
    rule: str = ""
    seam: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The findings with their reasons, and the entries that nothing was found for any more."""

    findings: tuple[Finding, ...]
    stale: tuple[Accepted, ...]


def read(root: Path) -> Mapping[str, Accepted]:
    """The entries of the project at ``root`` by finding id; none where there is no file.

    Raises one ``UsageError`` with a line for each thing that is wrong in it.
    """
    path = root / FILE
    return _parse(path, _text(path)) if path.exists() else {}


def record(root: Path, finding: Finding, reason: str) -> Path:
    """Add ``finding`` to the file, or give its entry a new reason; ``UsageError`` where that cannot be done."""
    path = root / FILE
    if not reason.strip():
        raise UsageError(f'{finding.id}: give a reason that a colleague understands: --reason "…"', slug=SLUG)
    before = _text(path) if path.exists() else HEADING
    entry = Accepted(finding.id, reason.strip(), f"{finding.rule} {finding.name}", str(finding.seam))
    known = _parse(path, before)
    if entry.id in known:
        entry = replace(known[entry.id], reason=entry.reason)
        after = _with_reason(before, entry)
    else:
        after = _with_entry(before, entry)
    if not _means(after, {**known, entry.id: entry}):
        raise UsageError(
            f"{path}: too unusual to be edited by a program; write this by hand:\n{_block(entry)}", slug=SLUG
        )
    _replace(path, after)
    return path


def apply(
    findings: Iterable[Finding],
    accepted: Mapping[str, Accepted],
    checks: Collection[CheckName],
    left_out: Collection[str] = (),
) -> Applied:
    """Give each accepted finding its reason, and take the reason from one that is accepted no more.

    An entry is stale only if the check that its rule belongs to is among ``checks``, those that ran, and the rule not
    among those that were ``left_out``.
    """
    marked = tuple(
        replace(finding, accepted=accepted[finding.id].reason if finding.id in accepted else None)
        for finding in findings
    )
    judged = {rule.id for rule in RULES if rule.check in checks} - set(left_out)
    gone = accepted.keys() - {finding.id for finding in marked}
    stale = tuple(accepted[id_] for id_ in sorted(gone) if id_.partition("-")[0] in judged)
    return Applied(marked, stale)


def pick(findings: Iterable[Finding], id_: str) -> Finding:
    """The finding of the last run that has this id; ``UsageError`` with the nearest ones where none has."""
    known = {finding.id: finding for finding in findings}
    if id_ in known:
        return known[id_]
    near = get_close_matches(id_, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; `dryfit report` lists what was found"
    raise UsageError(f"{id_}: no finding of the last run has this id{hint}", slug=SLUG)


# -- the file --------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # not read_text, which would change other people's line ends
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", slug=SLUG) from error


def _replace(path: Path, text: str) -> None:
    """Write it whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(text.encode())
        draft.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written: {error}", slug=SLUG) from error


def _parse(path: Path, text: str) -> dict[str, Accepted]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}", slug=SLUG) from error
    problems = [
        f"{path}: [{id_}]: {problem}" for id_, table in tables.items() for problem in _problems(id_, table)
    ]
    if problems:
        raise UsageError(*problems, slug=SLUG)
    return {id_: Accepted(id_, **table) for id_, table in tables.items()}


def _means(text: str, entries: Mapping[str, Accepted]) -> bool:
    try:
        return _parse(Path(FILE), text) == entries
    except UsageError:
        return False


def _problems(id_: str, table: object) -> Iterable[str]:
    if not re.fullmatch(r"DF\d{3}-[0-9a-f]{6}", id_):
        yield "not the id of a finding, which looks like DF101-3fa1c2"
    elif id_.partition("-")[0] not in {rule.id for rule in RULES}:
        yield f"this version of dryfit has no rule {id_.partition('-')[0]}; update dryfit, or remove the entry"
    if not isinstance(table, dict):
        yield 'not a table; write a [heading] and below it reason = "…"'
        return
    for key in table.keys() - {"rule", "seam", "reason"}:
        yield f"unknown key {key}; allowed: rule, seam, reason"
    for key in table.keys() & {"rule", "seam", "reason"}:
        if not isinstance(table[key], str):
            yield f"{key} is {table[key]!r}; a text is needed"
    if not table.get("reason"):
        yield 'has no reason; add reason = "…"'


# -- one entry more --------------------------------------------------------------------------------


def _with_entry(text: str, entry: Accepted) -> str:
    """The text with ``entry`` before the first one that has a greater id, and before the comment above that one."""
    lines = text.splitlines(keepends=True)
    at = next((number for number, id_ in _headings(lines) if id_ > entry.id), None)
    if at is None:
        return "".join(lines).rstrip("\n") + "\n\n" + _block(entry)
    while at and lines[at - 1].startswith("#"):
        at -= 1
    return "".join([*lines[:at], _block(entry), "\n", *lines[at:]])


def _with_reason(text: str, entry: Accepted) -> str:
    """The text with another reason in the entry that is there already."""
    lines = text.splitlines(keepends=True)
    start = next((number for number, id_ in _headings(lines) if id_ == entry.id), len(lines))
    for number in range(start + 1, len(lines)):
        if re.match(r"reason\s*=", lines[number]):
            lines[number] = f"reason = {_quoted(entry.reason)}\n"
            break
    return "".join(lines)


def _headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines):
        if heading := re.match(r"\[(DF[^]]+)\]", line):
            yield number, heading[1]


def _block(entry: Accepted) -> str:
    keys = {"rule": entry.rule, "seam": entry.seam, "reason": entry.reason}
    return f"[{entry.id}]\n" + "".join(f"{key} = {_quoted(value)}\n" for key, value in keys.items())


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
