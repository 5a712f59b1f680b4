"""The committed contract, ``dryfit-contract.json``: one term a line, sorted, so that git merges it line by line."""

from __future__ import annotations

import json
from pathlib import Path

from dryfit.model.contract import Contract, Term
from dryfit.model.errors import UsageError

FILE = "dryfit-contract.json"
VERSION = 1
SLUG = "contract"

_WRITE_AGAIN = "run the tests, then `dryfit contract write`"


def read(root: Path) -> Contract | None:
    """The project's contract, or ``None`` where it has none; ``UsageError`` for a file that is no contract."""
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", slug=SLUG) from error
    return parse(text, str(path))


def write(root: Path, contract: Contract) -> Path:
    """Write the contract, whole or not at all; raises ``UsageError``."""
    path = root / FILE
    draft = path.with_name(f".{FILE}.new")
    try:
        draft.write_text(text_of(contract), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written: {error.strerror}", slug=SLUG) from error
    return path


def text_of(contract: Contract) -> str:
    """The contract as it is written: the same for the same terms."""
    terms = [[each.caller, each.callable, each.where, each.type] for each in sorted(contract.terms)]
    # The empty list at the end lets every term's line end with a comma: one more changes no other line.
    lines = [f"{json.dumps(line, ensure_ascii=False)},\n" for line in terms]
    return f'{{"version": {VERSION}, "terms": [\n{"".join(lines)}[]]}}\n'


def parse(text: str, name: str) -> Contract:
    """Read what ``text_of`` gave, in any order and with repetitions, as a union merge leaves it.

    Raises one ``UsageError`` with a line for everything that is wrong; ``name`` is where the text comes from.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        hint = "solve the merge's conflicts, or " if "<<<<<<<" in text else ""
        raise UsageError(f"{name}: not valid JSON: {error}; {hint}{_WRITE_AGAIN}", slug=SLUG) from None
    if not isinstance(document, dict) or "version" not in document:
        raise UsageError(f"{name}: not a contract of dryfit's; {_WRITE_AGAIN}", slug=SLUG)
    if document["version"] != VERSION or isinstance(document["version"], bool):
        raise UsageError(
            f"{name}: version {json.dumps(document['version'])}, this dryfit knows version {VERSION};"
            f" use the dryfit that wrote it, or {_WRITE_AGAIN}",
            slug=SLUG,
        )
    return Contract(frozenset(_terms(document, name)))


def _terms(document: dict[str, object], name: str) -> list[Term]:
    listed = document.get("terms")
    if not isinstance(listed, list) or document.keys() != {"version", "terms"}:
        raise UsageError(f'{name}: needs "version" and a list of "terms", no more; {_WRITE_AGAIN}', slug=SLUG)
    problems = [
        f"{name}: term {number}: {problem}"
        for number, problem in enumerate(map(_problem, listed), 1)
        if problem
    ]
    if problems:
        raise UsageError(*problems, slug=SLUG)
    return [Term(*each) for each in listed if each]


def _problem(line: object) -> str:
    if line == []:
        return ""
    if not isinstance(line, list) or len(line) != len(Term.__slots__):
        shown = json.dumps(line, ensure_ascii=False)
        return f"found {shown[:60]}; a term is [caller, callable, where, type]"
    if not all(isinstance(part, str) and part for part in line):
        return f"found {json.dumps(line, ensure_ascii=False)[:60]}; every part is a text that is not empty"
    return ""
