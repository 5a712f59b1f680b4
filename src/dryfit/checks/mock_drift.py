"""DF203 mock-drift: a stand-in returned, accepted or raised what the real callee never does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dryfit.checks.binding import missing, unbindable, unexpected
from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.mock_outcomes import strange, unmocked
from dryfit.checks.mock_returns import Difference, Returns
from dryfit.checks.names import plain, tail
from dryfit.checks.seams import Line, line
from dryfit.checks.stale_targets import passed_by, stale, unused
from dryfit.checks.stand_ins import Evidence, Mocked, Real, Shown, asked_about
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import Place
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import Consumers, StandInCall
from dryfit.model.structure import Parameter
from dryfit.model.trace import Behaviour, Observations, Skipped

_ASYNC = ("AsyncMock", "async replacement")
_AWAITABLE = ("coroutine", "_asyncio.Future", "_asyncio.Task", "asyncio.futures.Future", "asyncio.tasks.Task")


@dataclass(frozen=True, slots=True)
class Questions:
    """What has to be read in the source before stand-ins can be judged.

    ``calls`` are places with the last part of the called name, ``targets`` are names that tests replaced and that
    nobody used, ``raised`` are components with an exception of the project's own that a stand-in raised in their place.
    """

    calls: frozenset[tuple[Place, str]]
    targets: frozenset[str]
    raised: frozenset[tuple[str, str]]


def questions(evidence: Evidence, observations: Observations) -> Questions:
    """What has to be asked of the source."""
    mocked = evidence.mocked()
    passed = {(each.site, tail(replaced.stands_for)) for replaced, each in passed_by(evidence, observations)}
    return Questions(
        frozenset({*asked_about(mocked), *passed}),
        frozenset(each.target for each in unused(evidence.replacements)),
        frozenset((each.real.component, name) for each in mocked for name in strange(each, evidence)),
    )


def judge(
    evidence: Evidence,
    observations: Observations,
    consumers: Consumers,
    mismatches: Iterable[Finding] = (),
) -> Judgement:
    """Report each way in which the stand-ins of a callable differ from it, once for every caller.

    ``mismatches`` are calls of which the source alone shows that they cannot bind (DF201): that is told already.

    An error where the real one was seen, or its signature or annotation tells; a warning where it was only seen with
    another stand-in below, where the caller only hands the result on, where it only hands on arguments and was given
    too few, and for outcomes that no stand-in ever had.
    """
    drift = _Drift(evidence, consumers, {(each.site.file, each.site.line) for each in mismatches})
    mocked = evidence.mocked()
    findings = [finding for each in mocked for finding in drift.of(each)]
    return Judgement(
        (*findings, *unmocked(mocked, evidence), *stale(evidence, observations, consumers)),
        tuple(_left_out(caller, count) for caller, count in sorted(evidence.unknown().items())),
    )


def _left_out(caller: str, count: int) -> Skipped:
    calls = "1 call" if count == 1 else f"{count} calls"
    return Skipped(
        f"DF203 {calls} of {caller} to stand-ins",
        "nobody says whom they stand for: give the mock a spec, or the parameter an annotation",
    )


class _Drift:
    def __init__(self, evidence: Evidence, consumers: Consumers, mismatches: set[Line]) -> None:
        self._evidence = evidence
        self._mismatches = mismatches
        self._consumers = consumers
        self._returns = Returns(evidence.classes)

    def of(self, mocked: Mocked) -> Iterator[Finding]:
        """Everything that is wrong with the stand-ins that one caller found."""
        yield from self._binding(mocked)
        yield from self._awaiting(mocked)
        returning = tuple(self._returning(mocked))
        yield from returning
        yield from self._annotated(mocked, {form for each in returning for form in _gave(each)})
        yield from self._raising(mocked)

    def _binding(self, mocked: Mocked) -> Iterator[Finding]:
        parameters = mocked.real.parameters
        for call in mocked.calls if parameters is not None else ():
            assert parameters is not None
            problem = _problem(call, parameters)
            told = line(call.site) in self._mismatches
            if problem and not told and not self._is_overridden(call, mocked.real):
                sub_kind = "wrong-keyword" if unexpected(call.keywords, parameters) else "wrong-arity"
                text = f"was called {problem}"
                left_out = problem == missing(call.positional, call.keywords, parameters)
                passed_on = (call.site, tail(mocked.real.name)) in self._consumers.passing_on
                severity: Severity = "warning" if left_out and passed_on else "error"
                yield self._told(mocked, sub_kind, text, [call], "its signature", problem, severity)

    def _is_overridden(self, call: StandInCall, real: Real) -> bool:
        """Whether others of the same name answer there, too, with signatures of their own."""
        return any(
            plain(each.seam.callable) != plain(real.name)
            for each in self._evidence.real_at(call.site, real.name)
        )

    def _awaiting(self, mocked: Mocked) -> Iterator[Finding]:
        real = mocked.real
        asynchronous = [call for call in mocked.calls if call.stand_in in _ASYNC]
        others = [call for call in mocked.calls if call.stand_in not in _ASYNC]
        if real.kind == "coroutine" and others:
            gave = {form.type for each in mocked.behaviours for form in each.result.forms}
            if not any(name in _AWAITABLE or name.endswith("AsyncMock") for name in gave):
                text = "gave its result at once, where the real one is a coroutine function"
                yield self._told(mocked, "sync-for-async", text, others, "its definition")
        if real.kind == "function" and asynchronous and not self._gives_awaitables(real):
            awaited = [call for call in asynchronous if "awaited" in self._ways(call, real)]
            if not awaited or real.returned.forms:
                text = "gave a coroutine, where the real one returns its result at once"
                yield self._told(mocked, "async-for-sync", text, asynchronous, "its definition")

    def _gives_awaitables(self, real: Real) -> bool:
        return any(form.kind == "coroutine" or form.type in _AWAITABLE for form in real.returned.forms)

    def _ways(self, call: StandInCall, real: Real) -> tuple[str, ...]:
        use = self._consumers.uses.get((call.site, tail(real.name)))
        return use.ways if use is not None else ()

    def _returning(self, mocked: Mocked) -> Iterator[Finding]:
        real = mocked.real
        grouped: dict[Difference, list[Behaviour]] = defaultdict(list)
        for each in mocked.behaviours:
            for difference in self._differences(each, mocked):
                grouped[difference].append(each)
        for difference, behaviours in grouped.items():
            certain = real.is_seen or real.kind == "generator"
            declared = any(_type(each.found) == _type(difference.fake) for each in mocked.violations)
            severity: Severity = "error" if (difference.sure and certain) or declared else "warning"
            yield self._told(
                mocked,
                difference.sub_kind,
                difference.text,
                behaviours,
                real.known_from,
                difference.text,
                severity=severity,
                more=(Fact("stand-in gave", difference.fake), Fact("real one gave", difference.real)),
            )

    def _differences(self, fake: Behaviour, mocked: Mocked) -> Iterator[Difference]:
        real = mocked.real
        use = self._consumers.uses.get((fake.site, tail(real.name)))
        if fake.outcome != "returned":
            return
        if real.kind == "generator":
            yield from self._returns.against_generator(_result(fake), use)
        elif real.kind in ("function", "coroutine") and not (
            self._fits_there(fake, real)
            or _is_declared(fake, mocked)
            or _is_half_seen(real)
            or _both_hand_back(fake, real)
        ):
            yield from self._returns.differences(_result(fake), real.returned, use)

    def _fits_there(self, fake: Behaviour, real: Real) -> bool:
        """Whether the real one has given the same type at the very place, to the same caller."""
        return any(
            each.result_type == fake.result_type and each.outcome == "returned" and not _opens(fake.result)
            for each in self._evidence.real_at(fake.site, real.name)
        )

    def _annotated(self, mocked: Mocked, told: set[str]) -> Iterator[Finding]:
        """What the annotation says of results, but for those ``told`` already, and where the real one breaks it too."""
        seen = {form.type for form in mocked.real.returned.forms}
        for each in mocked.violations:
            use = self._consumers.uses.get((each.site, tail(mocked.real.name)))
            found = _type(each.found)
            if found in seen or found in told or (use is not None and not use.is_used):
                continue
            told.add(found)
            text = f"returned {each.found}, where the real one declares {each.hint}"
            yield self._told(
                mocked,
                _kind_of_violation(each.found),
                text,
                [each],
                "its annotation",
                f"return {each.hint} {each.found}",
                severity="error" if use is not None else "warning",
            )

    def _raising(self, mocked: Mocked) -> Iterator[Finding]:
        for name in strange(mocked, self._evidence):
            if (mocked.real.component, name) in self._consumers.never_raised:
                raised = [each for each in mocked.behaviours if each.result_type == name]
                text = f"raised {name}, which nothing that the real one can reach ever raises"
                yield self._told(mocked, "never-raised", text, raised, "its source", name, severity="warning")

    def _told(
        self,
        mocked: Mocked,
        sub_kind: str,
        text: str,
        shown: Iterable[Shown],
        evidence: str,
        cause: str = "",
        severity: Severity | None = None,
        more: tuple[Fact, ...] = (),
    ) -> Finding:
        listed = list(shown)
        seam = mocked.seam
        return find(
            "DF203",
            seam,
            min(each.site for each in listed),
            f"{sub_kind} {cause}",
            f"A stand-in of {mocked.real.called} {text}.",
            severity=severity,
            tests={test for each in listed for test in self._tests(each)},
            evidence=(
                Fact("sub-kind", (sub_kind,)),
                Fact("stand-ins", tuple(sorted({each.stand_in for each in listed}))),
                Fact("known from", evidence),
                *more,
                places(each.site for each in listed),
            ),
        )

    def _tests(self, shown: Shown) -> set[str]:
        return self._evidence.tests.get(shown.key, set()) if isinstance(shown, Behaviour) else {shown.test}


_CHECKED = (
    "bool",
    "bytes",
    "decimal.Decimal",
    "dict",
    "float",
    "int",
    "list",
    "set",
    "str",
    "tuple",
    "None",
    "NoneType",
)
"""Types of results that are held against the annotation (``probes.hints``)."""


def _is_declared(fake: Behaviour, mocked: Mocked) -> bool:
    """Whether the real one declares that it may return such a value, though nothing has shown it to."""
    original = mocked.real.original
    declared = original.returns if original is not None else ""
    if not declared or re.search(r"\b(Any|object)\b", declared) or fake.result_type not in _CHECKED:
        return False
    return not any(_type(each.found) == fake.result_type for each in mocked.violations)


def _is_half_seen(real: Real) -> bool:
    """Whether it gave nothing but ``None`` so far, though its code has more to give."""
    nothing = all(form.type in ("None", "NoneType") for form in real.returned.forms)
    return nothing and real.original is not None and real.original.gives_values


def _both_hand_back(fake: Behaviour, real: Real) -> bool:
    """Whether both return what they are given, and nobody has given the real one what the stand-in was given."""
    asked = {argument.type for each in real.behaviours for argument in each.arguments}
    return (
        _hands_back(fake)
        and fake.result_type not in asked
        and len({each.result_type for each in real.behaviours if _hands_back(each)}) > 1
    )


def _hands_back(behaviour: Behaviour) -> bool:
    given = {argument.type for argument in behaviour.arguments}
    return behaviour.outcome == "returned" and behaviour.result_type in given


def _problem(call: StandInCall, parameters: tuple[Parameter, ...]) -> str:
    """Why the real one would not take what the stand-in took, as the rest of a sentence, or ""."""
    if not call.bound:
        return unbindable(call.positional, call.keywords, parameters)
    takes_any = any(each.kind.startswith("var") for each in parameters)
    return "" if takes_any or len(call.keywords) <= len(parameters) else unexpected(call.keywords, parameters)


def _result(behaviour: Behaviour) -> Shape:
    return behaviour.result if behaviour.result.forms else Shape((Form(behaviour.result_type, "cut"),))


def _opens(shape: Shape) -> bool:
    return any(form.kind in ("mapping", "tuple", "sequence", "time") for form in shape.forms)


def _kind_of_violation(found: str) -> str:
    if found.startswith("tuple of "):
        return "tuple-arity"
    return "missing-key" if found.startswith("dict without ") else "return-type"


def _gave(finding: Finding) -> Iterator[str]:
    """The type that a stand-in gave."""
    for fact in finding.evidence:
        if fact.name == "stand-in gave":
            yield _type(str(fact.value))


def _type(told: str) -> str:
    """The outermost type in what is told of a value: ``dict`` of ``dict{id: int}`` and of ``dict without 'id'``."""
    return re.split(r"[ ({\[]", told, maxsplit=1)[0]
