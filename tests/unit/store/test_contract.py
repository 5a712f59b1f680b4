"""The committed contract's file."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.model.contract import Contract, Term
from dryfit.model.errors import UsageError
from dryfit.store import contract

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), min_size=1
)
CONTRACTS = st.builds(Contract, st.frozensets(st.builds(Term, WORDS, WORDS, WORDS, WORDS)))


@given(CONTRACTS)
def test_what_was_written_is_read_again(written: Contract) -> None:
    assert contract.parse(contract.text_of(written), "it") == written


@given(CONTRACTS, st.randoms())
def test_the_text_depends_on_nothing_but_the_terms(written: Contract, chance: random.Random) -> None:
    lines = contract.text_of(written).splitlines(keepends=True)
    terms = lines[1:-1] * 2
    chance.shuffle(terms)
    shuffled = contract.parse("".join([lines[0], *terms, lines[-1]]), "it")
    assert contract.text_of(shuffled) == "".join(lines)


def term(where: str, type_: str = "int") -> Term:
    return Term("order", "payment.charge", where, type_)


def test_one_term_more_is_one_line_more() -> None:
    before = contract.text_of(Contract(frozenset({term("a")}))).splitlines()
    after = contract.text_of(Contract(frozenset({term("a"), term("z")}))).splitlines()
    assert [line for line in after if line not in before] == ['["order", "payment.charge", "z", "int"],']
    assert [line for line in before if line not in after] == []


def test_git_merges_terms_from_two_branches(tmp_path: Path) -> None:
    common = [term(name) for name in "bdfhj"]
    versions = {"ours": [*common, term("a")], "base": common, "theirs": [*common, term("g"), term("z")]}
    for name, terms in versions.items():
        (tmp_path / name).write_text(contract.text_of(Contract(frozenset(terms))))
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    merged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert contract.parse(merged, "merged").terms == {*common, term("a"), term("g"), term("z")}


def test_a_project_without_contract(tmp_path: Path) -> None:
    assert contract.read(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not valid JSON"),
        ("<<<<<<< HEAD\n", "solve the merge's conflicts, or run the tests"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not a contract of dryfit's"),
        ("{}", "not a contract of dryfit's"),
        (
            '{"version": 2, "terms": []}',
            "version 2, this dryfit knows version 1; use the dryfit that wrote it",
        ),
        ('{"version": true, "terms": []}', "version true"),
        ('{"version": 1}', 'needs "version" and a list of "terms", no more'),
        ('{"version": 1, "terms": {}}', 'needs "version" and a list'),
        ('{"version": 1, "terms": [], "more": 1}', "no more"),
        ('{"version": 1, "terms": ["a"]}', 'term 1: found "a"; a term is [caller, callable, where, type]'),
        ('{"version": 1, "terms": [[], ["a", "b", "c"]]}', "term 2: found"),
        ('{"version": 1, "terms": [["a", "b", "c", 4]]}', "term 1: found"),
        ('{"version": 1, "terms": [["a", "b", "c", ""]]}', "every part is a text that is not empty"),
    ],
)
def test_nonsense_is_told_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / contract.FILE).write_text(text)
    with pytest.raises(UsageError) as told:
        contract.read(tmp_path)
    (line,) = told.value.problems
    assert line.startswith(f"{tmp_path / contract.FILE}: ")
    assert problem in line
    assert "\n" not in line


def test_everything_that_is_wrong_comes_at_once() -> None:
    with pytest.raises(UsageError) as told:
        contract.parse('{"version": 1, "terms": [1, 2]}', "it")
    assert len(told.value.problems) == 2


def test_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / contract.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        contract.read(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        contract.write(tmp_path / "nowhere", Contract())
