"""DF203 mock-drift: a stand-in returned, accepted or raised what the real callee never does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dryfit.checks.binding import missing, unbindable, unexpected
from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.mock_returns import Difference, Returns
from dryfit.checks.names import listing, plain, short, tail
from dryfit.checks.outcomes import NOT_THE_CALLEES
from dryfit.checks.stand_ins import Evidence, Mocked, Real, Shown, asked_about
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import Consumers, Replacement, StandInCall
from dryfit.model.structure import Parameter
from dryfit.model.trace import Behaviour, Observations, Skipped

_ASYNC = ("AsyncMock", "async replacement")
_AWAITABLE = ("coroutine", "_asyncio.Future", "_asyncio.Task", "asyncio.futures.Future", "asyncio.tasks.Task")

_LOOKED_UP = frozenset(
    {
        "ArithmeticError",
        "IndexError",
        "KeyError",
        "LookupError",
        "UnicodeError",
        "ValueError",
        "ZeroDivisionError",
    }
)
"""Builtin exceptions that come from a callee's own code, and not from what it rests on as a broken line does."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What has to be read in the source before stand-ins can be judged.

    ``calls`` are places with the last part of the called name, ``targets`` are names that tests replaced and that
    nobody used, ``raised`` are components with an exception of the project's own that a stand-in raised in their place.
    """

    calls: frozenset[tuple[Place, str]]
    targets: frozenset[str]
    raised: frozenset[tuple[str, str]]


def questions(evidence: Evidence) -> Questions:
    """What has to be asked of the source."""
    mocked = evidence.mocked()
    return Questions(
        frozenset(asked_about(mocked)),
        frozenset(each.target for each in _unused(evidence.replacements)),
        frozenset((each.real.component, name) for each in mocked for name in _strange(each, evidence)),
    )


def judge(evidence: Evidence, observations: Observations, consumers: Consumers) -> Judgement:
    """Report each way in which the stand-ins of a callable differ from it, once for every caller.

    An error where the real one was seen, or its signature or annotation tells; a warning where it was only seen with
    another stand-in below, where the caller only hands the result on, where it only hands on arguments and was given
    too few, and for outcomes that no stand-in ever had.
    """
    drift = _Drift(evidence, consumers)
    mocked = evidence.mocked()
    findings = [finding for each in mocked for finding in drift.of(each)]
    return Judgement(
        (*findings, *_unmocked(mocked, evidence), *_stale(evidence, observations, consumers)),
        tuple(_left_out(caller, count) for caller, count in sorted(evidence.unknown().items())),
    )


def _left_out(caller: str, count: int) -> Skipped:
    calls = "1 call" if count == 1 else f"{count} calls"
    return Skipped(
        f"DF203 {calls} of {caller} to stand-ins",
        "nobody says whom they stand for: give the mock a spec, or the parameter an annotation",
    )


class _Drift:
    def __init__(self, evidence: Evidence, consumers: Consumers) -> None:
        self._evidence = evidence
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
            if problem and not self._is_overridden(call, mocked.real):
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
                _seen_in(real),
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
            self._fits_there(fake, real) or _is_declared(fake, mocked) or _is_half_seen(real)
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
        for name in _strange(mocked, self._evidence):
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
            f"A stand-in of {_called(mocked.real)} {text}.",
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


def _problem(call: StandInCall, parameters: tuple[Parameter, ...]) -> str:
    """Why the real one would not take what the stand-in took, as the rest of a sentence, or ""."""
    if not call.bound:
        return unbindable(call.positional, call.keywords, parameters)
    takes_any = any(each.kind.startswith("var") for each in parameters)
    return "" if takes_any or len(call.keywords) <= len(parameters) else unexpected(call.keywords, parameters)


def _unmocked(mocked: Iterable[Mocked], evidence: Evidence) -> Iterator[Finding]:
    """What the real one was seen to do, no stand-in of it ever did, and its caller never met."""
    by_name: dict[str, list[Behaviour]] = defaultdict(list)
    every = list(mocked)
    for each in every:
        by_name[each.real.name] += each.behaviours
    for each in every:
        real = each.real
        seen = real.source in ("this run", "an earlier run") and each.caller != real.component
        if not seen or not each.behaviours:
            continue
        met = [
            real for behaviour in each.behaviours for real in evidence.real_at(behaviour.site, each.real.name)
        ]
        missing = tuple(_outcomes_without(_asked_alike(each), [*by_name[real.name], *met], evidence))
        if missing:
            shown = [behaviour for behaviour in real.behaviours if _outcome(behaviour) in missing]
            yield find(
                "DF203",
                each.seam,
                min(behaviour.site for behaviour in each.behaviours),
                f"unmocked-outcome {' '.join(missing)}",
                f"{_called(real)} was seen to {listing(missing)}, and no stand-in of it that"
                f" {each.caller} found ever did.",
                severity="warning",
                tests={test for behaviour in shown for test in evidence.tests.get(behaviour.key, ())},
                evidence=(
                    Fact("sub-kind", ("unmocked-outcome",)),
                    Fact("known from", _seen_in(real)),
                    places(behaviour.site for behaviour in each.behaviours),
                ),
            )


def _asked_alike(mocked: Mocked) -> Real:
    """The real one without the exceptions by which it refused what this caller does not send: other types."""
    sent: dict[str, set[str]] = defaultdict(set)
    for name, type_ in (pair for each in mocked.behaviours for pair in _sent(each, mocked.real)):
        sent[name].add(type_)
    kept = tuple(
        each
        for each in mocked.real.behaviours
        if each.outcome == "returned"
        or all(argument.type in sent.get(argument.name, {argument.type}) for argument in each.arguments)
    )
    return replace(mocked.real, behaviours=kept)


def _sent(behaviour: Behaviour, real: Real) -> Iterator[tuple[str, str]]:
    """The real one's parameters with the types that a stand-in got for them; a mock has a tuple and a dictionary."""
    if behaviour.stand_in == "replacement":
        yield from ((each.name, each.type) for each in behaviour.arguments)
        return
    names = [each.name for each in real.parameters or ()]
    for form in (form for each in behaviour.arguments for form in each.shape.forms):
        for name, shape in form.fields if form.kind in ("tuple", "mapping") else ():
            position = int(name) if name.isdigit() else len(names)
            known = names[position] if position < len(names) else name
            yield from ((known, inner.type) for inner in shape.forms)


def _outcomes_without(real: Real, others: Iterable[Behaviour], evidence: Evidence) -> Iterator[str]:
    answered = list(others)
    returned = {form.kind for form in real.returned.forms}
    if len(returned) > 1 and "none" in returned and not any(_is_none(each) for each in answered):
        yield "return None"
    raised = {each.result_type for each in answered if each.outcome == "raised"}
    for name in sorted(real.raised - NOT_THE_CALLEES):
        if not name.startswith(("_pytest.", "hypothesis.")) and not any(
            evidence.related(name, other) for other in raised
        ):
            yield f"raise {name}"


def _outcome(behaviour: Behaviour) -> str:
    if behaviour.outcome == "raised":
        return f"raise {behaviour.result_type}"
    return "return None" if _is_none(behaviour) else ""


def _is_none(behaviour: Behaviour) -> bool:
    return behaviour.outcome == "returned" and behaviour.result_type in ("None", "NoneType")


def _stale(evidence: Evidence, observations: Observations, consumers: Consumers) -> Iterator[Finding]:
    """Replaced names that lead to nobody: their module reads them no more, or the callers hold the real one itself."""
    by_target: dict[str, list[Replacement]] = defaultdict(list)
    for each in _unused(evidence.replacements):
        by_target[each.target].append(each)
    crossings = {trace.test: {each.behaviour for each in trace.crossings} for trace in observations.traces}
    behaviours = {each.key: each for each in observations.behaviours}
    for target, replaced in sorted(by_target.items()):
        first = replaced[0]
        tests = {each.test for each in replaced}
        passed = [
            behaviours[key]
            for test in sorted(tests)
            for key in crossings.get(test, ())
            if key in behaviours and _went_past(behaviours[key], first)
        ]
        if passed:
            by = listing(tuple(sorted({each.seam.caller for each in passed})))
            why = f"{by} called the real one all the same, since it holds it under a name of its own"
            yield _dead(first, tests, passed[0].seam.caller, min(each.site for each in passed), why, evidence)
        elif target in consumers.unread:
            module = target.rpartition(".")[0]
            why = f"{module} imports it and never reads it"
            yield _dead(first, tests, evidence.component_of(module), consumers.unread[target], why, evidence)


def _dead(
    replaced: Replacement, tests: set[str], caller: str, site: Place, why: str, evidence: Evidence
) -> Finding:
    real = evidence.real(replaced.stands_for)
    return find(
        "DF203",
        Seam(caller, real.component, real.name),
        site,
        f"stale-target {replaced.target}",
        f"Tests replace {replaced.target}, and nobody asks the stand-in: {why}.",
        tests=tests,
        evidence=(
            Fact("sub-kind", ("stale-target",)),
            Fact("replaced name", replaced.target),
            Fact("stand-ins", (replaced.stand_in,)),
            Fact("known from", "this run"),
        ),
    )


def _went_past(behaviour: Behaviour, replaced: Replacement) -> bool:
    real = not behaviour.stand_in and behaviour.seam.caller != DRIVER
    return real and plain(behaviour.seam.callable) == plain(replaced.stands_for)


def _unused(replacements: Iterable[Replacement]) -> Iterator[Replacement]:
    """The replacements of names whose stand-ins nobody used in any test."""
    every = list(replacements)
    used = {each.target for each in every if each.used}
    yield from (each for each in every if each.target not in used)


def _strange(mocked: Mocked, evidence: Evidence) -> Iterator[str]:
    """Exceptions that the stand-ins raised, and that the real one was not seen to raise.

    The project's own, and where the real one was seen to raise others instead, those of looking something up.
    """
    seen = mocked.real.raised
    raised = {each.result_type for each in mocked.behaviours if each.outcome == "raised"}
    for name in sorted(raised):
        own = evidence.is_of_project(name) or (bool(seen) and name in _LOOKED_UP)
        if own and not any(evidence.related(name, each) for each in seen):
            yield name


def _result(behaviour: Behaviour) -> Shape:
    return behaviour.result if behaviour.result.forms else Shape((Form(behaviour.result_type, "cut"),))


def _opens(shape: Shape) -> bool:
    return any(form.kind in ("mapping", "tuple", "sequence", "time") for form in shape.forms)


def _called(real: Real) -> str:
    return f"{short(real.name, real.component)} of {real.component}"


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


def _seen_in(real: Real) -> str:
    return {"this run": "what the real one did in this run", "nothing": "its annotation"}.get(
        real.source, f"what the real one did: {real.source}"
    )
