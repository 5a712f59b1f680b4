"""DF204 shape-drift: a seam's shapes differ from the committed contract."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dryfit.checks.contract_terms import ABSENT, RAISE, Learned, learn
from dryfit.checks.judgement import Judgement, find
from dryfit.checks.names import listing, short
from dryfit.model.contract import Contract, Term
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations, Skipped


@dataclass(frozen=True, slots=True)
class Drift:
    """How one seam differs: terms that the contract does not know, and those that nothing showed.

    ``known`` and ``crossed`` say whether the contract has the seam, and whether a test crossed it.
    """

    caller: str
    callable: str
    new: tuple[Term, ...]
    gone: tuple[Term, ...]
    known: bool
    crossed: bool


def judge(
    project: ProjectMap, observations: Observations, contract: Contract, *, whole_suite: bool
) -> Judgement:
    """Report each seam that differs from the contract: an error where a type is new at a seam that it knows.

    Nothing is gone unless every test ran; that is left out with its reason.
    """
    learned = learn(project, observations)
    drifts = drift(contract, learned)
    findings = tuple(
        _finding(each, learned, project) for each in drifts if each.new or (each.gone and whole_suite)
    )
    lacking = not whole_suite and any(each.gone for each in drifts)
    reason = "not every test ran, so what the contract has more may be shown by others"
    return Judgement(findings, (Skipped("DF204 what is gone", reason),) if lacking else ())


def drift(contract: Contract, learned: Learned) -> tuple[Drift, ...]:
    """Compare seam by seam; the inside of a value only where both sides know it."""
    seen = learned.contract
    ours = {term.place for term in seen.terms}
    theirs = {term.place for term in contract.terms}
    new, gone = defaultdict(list), defaultdict(list)
    for term in sorted(seen.terms - contract.terms):
        if _is_comparable(term, theirs):
            new[term.caller, term.callable].append(term)
    for term in sorted(contract.terms - seen.terms):
        if _is_comparable(term, ours) and (term.caller, term.callable, _outermost(term)) not in _opened(
            term, learned
        ):
            gone[term.caller, term.callable].append(term)
    return tuple(
        Drift(*seam, tuple(new[seam]), tuple(gone[seam]), seam in contract.seams, seam in seen.seams)
        for seam in sorted(new.keys() | gone.keys())
    )


def _is_comparable(term: Term, others: set[tuple[str, str, str]]) -> bool:
    """The inside of a value says something only where the other side has looked inside, too."""
    outer = _outermost(term)
    if outer == term.where:
        return True
    return any(
        (caller, name) == (term.caller, term.callable) and where != outer and _first(where) == outer
        for caller, name, where in others
    )


def _opened(term: Term, learned: Learned) -> frozenset[tuple[str, str, str]]:
    return learned.open if _outermost(term) != term.where else frozenset()


def _outermost(term: Term) -> str:
    return _first(term.where)


def _first(where: str) -> str:
    return re.split(r"[.\[{]", where, maxsplit=1)[0]


def described(drifted: Drift) -> str:
    """The rest of a sentence about the seam."""
    if not drifted.known:
        return "is not in the contract"
    if not drifted.crossed:
        return "is in the contract, and no test crosses it any more"
    return "; ".join(_sentences(drifted))


def _sentences(drifted: Drift) -> Iterator[str]:
    places = dict.fromkeys(term.where for term in (*drifted.new, *drifted.gone))
    for where in places:
        new = tuple(_shown(term) for term in drifted.new if term.where == where)
        gone = tuple(_shown(term) for term in drifted.gone if term.where == where)
        subject = "raises" if where == RAISE else f"has for `{where}`"
        if new and gone:
            yield f"{subject} {listing(new)} instead of {listing(gone)}"
        elif new:
            yield f"{subject} {listing(new)} too, which is new"
        else:
            yield f"{subject} {listing(gone)} no more"


def _shown(term: Term) -> str:
    return "nothing" if term.type == ABSENT else term.type


def _severity(drifted: Drift) -> Severity:
    if not drifted.known:
        return "note"
    surprising = any(term.where != RAISE for term in drifted.new)
    return "error" if surprising else "warning"


def _finding(drifted: Drift, learned: Learned, project: ProjectMap) -> Finding:
    callee, site = learned.places.get(
        (drifted.caller, drifted.callable),
        (_component(drifted.callable, project), Place("dryfit-contract.json", 0)),
    )
    seam = Seam(drifted.caller, callee, drifted.callable)
    tests = {test for term in drifted.new for test in learned.tests.get(term, ())}
    changes = [f"+ {term.where}: {term.type}" for term in drifted.new]
    changes += [f"- {term.where}: {term.type}" for term in drifted.gone]
    return find(
        "DF204",
        seam,
        site,
        " ".join(changes),
        f"{short(drifted.callable, callee)} of {callee}, called by {drifted.caller}, {described(drifted)}.",
        severity=_severity(drifted),
        tests=tests,
        evidence=(Fact("terms", tuple(changes)),),
    )


def _component(callable_name: str, project: ProjectMap) -> str:
    names = [each.name for each in project.components if callable_name.startswith(f"{each.name}.")]
    return max(names, key=len, default=callable_name.partition(".")[0])
