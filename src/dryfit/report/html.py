"""The report as one page: a self-contained file that works offline."""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from dryfit import __version__
from dryfit.model.finding import RULES, Fact, Finding, Rule, Severity, rule
from dryfit.model.run import Run, SeamCoverage
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import Component
from dryfit.report.evidence import shown
from dryfit.report.groups import (
    SEVERITIES,
    by_gravity,
    by_reason,
    by_seam,
    count_line,
    counted,
    left_out,
    open_findings,
    plural,
    shortfalls,
)
from dryfit.report.jsontext import embed
from dryfit.report.lanes import Lanes, besides, lanes_of
from dryfit.report.pagedata import page_data
from dryfit.report.rule_pages import rule_body
from dryfit.report.seen import seen_seams
from dryfit.report.tally import Tally, tally

if TYPE_CHECKING:
    from jinja2 import Template

LINES_AROUND = 3
NOT_PASSED = ("failed", "error", "cut off")
FOLD_ABOVE = 10
BREAKS = re.compile(r"(?<=[./:])(?=\w)|(?<=[^\W_]_)(?=[^\W_])")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of source around a finding's place; ``marked`` is the place itself."""

    number: int
    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class FindingCard:
    """A finding with its rule's meaning and the source around it."""

    finding: Finding
    meaning: str
    source: tuple[SourceLine, ...]
    lanes: Lanes | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the lanes do not show, and the test that showed it where no list of tests is among the evidence."""
        evidence = besides(self.finding)
        if not self.finding.test or any(fact.name == "tests" for fact in evidence):
            return evidence
        return (*evidence, Fact("test", self.finding.test))


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one seam, many of one ``rule`` folded together, or those that are accepted (neither of both)."""

    title: str
    cards: tuple[FindingCard, ...]
    seam: Seam | None = None
    rule: Rule | None = None

    @property
    def severity(self) -> Severity:
        """That of the gravest."""
        return min((card.finding.severity for card in self.cards), key=SEVERITIES.index)

    @property
    def count(self) -> str:
        """``12 errors, 3 warnings``."""
        return counted(card.finding for card in self.cards)


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule that found something, and what its page says, as HTML."""

    rule: Rule
    body: str


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """Integration coverage of one component: the seams that it is caller or callee of."""

    name: str
    floor: int
    counts: Tally
    sites: int
    sites_covered: int
    crossings: int
    seconds: float
    findings: int

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that its seams have."""
        counts = self.counts
        named = (
            ("exercised", counts.exercised),
            ("mocked only", counts.mocked_only),
            ("unexercised", counts.unexercised),
        )
        return tuple(name for name, count in named if count)


def page(run: Run, sources: Mapping[str, tuple[str, ...]], kept: Path | None = None) -> str:
    """The whole page as text.

    ``sources`` maps files, relative to the project's root, to their lines: what is missing is shown without source.
    ``kept`` is a folder of this user's own in which the templates stay compiled.
    """
    seams = seen_seams(run)
    style, script = _asset("report.css") + _asset("lanes.css"), _asset("report.js")
    return compile_page(kept).render(
        run=run,
        version=__version__,
        project=run.project.root.rstrip("/").rpartition("/")[2] or "project",
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=embed(page_data(run, seams)),
        counts=tally(run.coverage),
        found=count_line(run),
        open_count=len(open_findings(run)),
        groups=finding_groups(run, sources),
        rules=rule_pages(run.findings),
        seams=[seen for seen in seams if seen.kind != "entry"],
        numbers={seen.seam: number for number, seen in enumerate(seams)},
        components=component_rows(run),
        not_passed=[trace for trace in run.observations.traces if trace.outcome in NOT_PASSED],
        shortfalls=shortfalls(run),
        reasons=by_reason(left_out(run)),
    )  # fmt: skip


def finding_groups(run: Run, sources: Mapping[str, tuple[str, ...]]) -> tuple[FindingGroup, ...]:
    """Open findings by seam, and rules with many of them folded, the gravest first; then what was accepted."""
    findings = open_findings(run)
    rules = Counter(found.rule for found in findings)
    many = {name for name, count in rules.items() if count > FOLD_ABOVE}
    alone = by_seam(found for found in findings if found.rule not in many)
    groups = [FindingGroup(str(seam), _cards(found, sources), seam=seam) for seam, found in alone]
    for name in sorted(many):
        folded = by_gravity(found for found in findings if found.rule == name)
        title = f"{name} {rule(name).slug}"
        groups.append(FindingGroup(title, _cards(folded, sources), rule=rule(name)))
    groups.sort(key=lambda group: SEVERITIES.index(group.severity))
    if accepted := [found for found in run.findings if found.accepted is not None]:
        groups.append(FindingGroup("Accepted", _cards(accepted, sources)))
    return tuple(groups)


def rule_pages(findings: Iterable[Finding]) -> tuple[RulePage, ...]:
    """The pages of the rules that found something, which link to each other."""
    found = {finding.rule for finding in findings}
    return tuple(RulePage(each, rule_body(each.id, found)) for each in RULES if each.id in found)


def component_rows(run: Run) -> tuple[ComponentRow, ...]:
    """One row a component, the top floor first."""
    coverage: defaultdict[str, list[SeamCoverage]] = defaultdict(list)
    for entry in run.coverage:
        for name in (entry.seam.caller, entry.seam.callee):
            coverage[name].append(entry)
    findings = Counter(
        name for found in open_findings(run) for name in {found.seam.caller, found.seam.callee}
    )
    return tuple(
        _component_row(component, coverage[component.name], findings[component.name])
        for component in sorted(
            run.project.components, key=lambda component: (-component.floor, component.name)
        )
    )


def _component_row(component: Component, own: list[SeamCoverage], findings: int) -> ComponentRow:
    return ComponentRow(
        component.name,
        component.floor,
        tally(own),
        sites=sum(entry.sites for entry in own),
        sites_covered=sum(entry.sites_covered for entry in own),
        crossings=sum(entry.crossings for entry in own),
        seconds=sum(entry.seconds for entry in own),
        findings=findings,
    )


def around(place: Place, sources: Mapping[str, tuple[str, ...]]) -> tuple[SourceLine, ...]:
    """The lines around a place, their common indentation taken off; none where the source does not reach so far."""
    lines = sources.get(place.file, ())
    if not 0 < place.line <= len(lines):
        return ()
    first = max(1, place.line - LINES_AROUND)
    last = min(len(lines), place.line + LINES_AROUND)
    shown = textwrap.dedent("\n".join(lines[first - 1 : last])).split("\n")
    return tuple(SourceLine(number, text, number == place.line) for number, text in enumerate(shown, first))


def pieces(name: object) -> list[str]:
    """A dotted name or a path in the pieces between which a line may break: after dot, slash, colon, underscore."""
    return BREAKS.split(str(name))


def duration(seconds: float) -> str:
    """Time with a unit that fits: ``340 µs``, ``12 ms``, ``1.5 s``."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _cards(findings: Sequence[Finding], sources: Mapping[str, tuple[str, ...]]) -> tuple[FindingCard, ...]:
    """A card each; a source that the card above shows already is not shown again."""
    places = [None, *(finding.site for finding in findings)]
    return tuple(
        FindingCard(
            finding,
            rule(finding.rule).meaning,
            around(finding.site, {} if finding.site == above else sources),
            lanes_of(finding, sources),
        )
        for finding, above in zip(findings, places, strict=False)
    )


@cache
def compile_page(kept: Path | None = None) -> Template:
    """Kept, since a page is written again when the trials are over: its templates take longer than all else."""
    # Only once the tests are over: they may be jinja2's own.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from dryfit.report.kept_templates import KeptTemplates

    environment = Environment(
        loader=PackageLoader("dryfit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=None if kept is None else KeptTemplates(kept),
    )
    environment.filters.update(pieces=pieces, shown=shown, duration=duration, plural=plural)
    return environment.get_template("report.html.jinja")


def _asset(name: str) -> str:
    return (files("dryfit.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What the page's content security policy lets through, by its content."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
