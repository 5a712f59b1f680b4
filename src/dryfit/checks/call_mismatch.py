"""DF201 call-mismatch: a call between components that cannot bind to the callee's signature."""

from __future__ import annotations

from dryfit.checks.binding import unbindable
from dryfit.checks.calls import CallSites
from dryfit.checks.judgement import Judgement, combine, find
from dryfit.checks.names import short, tail
from dryfit.checks.seams import Line, line
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import Seam
from dryfit.model.structure import Absence, CallSite, Interface, Parameter, ProjectMap
from dryfit.model.trace import Observations, Skipped


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Bind every call of the source to the signature it resolves to, as the interpreter would.

    What the run shows is stronger than what the source seems to say: a call that reached its callee in a test is never
    reported. Nothing is said where arguments are unpacked or a decorator may change the signature.
    """
    sites = CallSites(project)
    ran = {(line(b.site), tail(b.seam.callable)) for b in observations.behaviours if not b.stand_in}
    judged = [_judge(site, sites.interfaces(site.callable), ran) for site in project.call_sites]
    return combine([*judged, *(_judge_absence(each, ran) for each in project.absences)])


Ran = set[tuple[Line, str]]
"""The calls that reached their callee in a test: their line and the last part of its name."""


def _judge_absence(absence: Absence, ran: Ran) -> Judgement:
    if (line(absence.place), tail(absence.callable)) in ran:
        what = f"DF201 {absence.caller} → {absence.callable}"
        return Judgement(skipped=(Skipped(what, f"{absence.place} asks for a name that only a test showed"),))
    return Judgement(findings=(_absent(absence),))


def _absent(absence: Absence) -> Finding:
    owner, _, name = absence.callable.rpartition(".")
    verb, noun = ("imports", "name") if absence.imported else ("calls", "callable")
    nearest = f": the nearest name is {absence.near}" if absence.near else ""
    return find(
        "DF201",
        Seam(absence.caller, absence.callee, absence.callable),
        absence.place,
        f"{absence.place.file} {absence.place.function} {verb} nothing",
        f"{absence.caller} {verb} {short(absence.callable, absence.callee)} of {absence.callee},"
        f" which has no such {noun}{nearest}.",
        evidence=(Fact("missing", name), Fact("looked for in", owner)),
    )


def _judge(site: CallSite, interfaces: tuple[Interface, ...], ran: Ran) -> Judgement:
    if site.starred or not interfaces:
        return Judgement()
    if not all(interface.bindable for interface in interfaces):
        return _left_out(site, "a decorator or metaclass may change its signature")
    problems = [mismatch(site, interface) for interface in interfaces]
    if not all(problems):
        return Judgement()
    if (line(site.place), tail(site.callable)) in ran:
        return _left_out(
            site, f"the call at {site.place} does not bind to the source's signature, yet a test ran it"
        )
    return Judgement(findings=(_finding(site, interfaces[0], problems[0]),))


def _left_out(site: CallSite, reason: str) -> Judgement:
    return Judgement(skipped=(Skipped(f"DF201 {site.caller} → {site.callable}", reason),))


def mismatch(site: CallSite, interface: Interface) -> str:
    """Say why the call cannot bind, as the rest of a sentence about the call, or "" where it can."""
    written = sum(1 for argument in site.arguments if not argument.keyword)
    keywords = [argument.keyword for argument in site.arguments if argument.keyword]
    return unbindable(written, keywords, interface.parameters)


def _finding(site: CallSite, interface: Interface, problem: str) -> Finding:
    seam = Seam(site.caller, site.callee, site.callable)
    return find(
        "DF201",
        seam,
        site.place,
        f"{site.place.file} {site.place.function} {problem}",
        f"{site.caller} calls {short(site.callable, site.callee)} of {site.callee} {problem}.",
        evidence=(
            Fact("call", f"{short(site.callable, site.callee)}({_written(site)})"),
            Fact("signature", f"({', '.join(declared(interface.parameters))})"),
            Fact("declared at", str(interface.place)),
        ),
    )


def _written(site: CallSite) -> str:
    return ", ".join(
        f"{argument.keyword}={argument.text}" if argument.keyword else argument.text
        for argument in site.arguments
    )


def declared(parameters: tuple[Parameter, ...]) -> list[str]:
    """The parameters as a signature writes them, with the ``/`` and ``*`` between the kinds."""
    parts: list[str] = []
    for index, parameter in enumerate(parameters):
        before = parameters[index - 1].kind if index else ""
        if before == "positional-only" and parameter.kind != "positional-only":
            parts.append("/")
        if parameter.kind == "keyword-only" and before not in ("keyword-only", "var-positional"):
            parts.append("*")
        parts.append(_declaration(parameter))
    return [*parts, "/"] if parameters and parameters[-1].kind == "positional-only" else parts


def _declaration(parameter: Parameter) -> str:
    stars = {"var-positional": "*", "var-keyword": "**"}.get(parameter.kind, "")
    annotation = f": {parameter.annotation}" if parameter.annotation else ""
    return f"{stars}{parameter.name}{annotation}{' = …' if parameter.default else ''}"
