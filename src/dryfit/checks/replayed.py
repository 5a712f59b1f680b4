"""Where a fake, given what the real callee got, answers in a way that no choice of its data explains.

A fake holds data of its own: that it returns another product than the real catalogue, or none, says nothing. So only
kinds of outcomes are compared, and of these only what the real callee was never seen to do, or refuses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.mock_returns import Returns
from dryfit.checks.names import plain, short, tail
from dryfit.checks.outcomes import NOT_THE_CALLEES
from dryfit.checks.stand_ins import Evidence, Mocked, Real
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import Seam
from dryfit.model.stand_in import Answer, Consumers, Replayed, ResultUse
from dryfit.model.trace import Mutation, Observations, Skipped

_OF_ITS_SCRIPT = NOT_THE_CALLEES | {"IndexError"}
"""What a fake raises that was not made for this input: it says so, or has come to the end of a list of answers."""


@dataclass(frozen=True, slots=True)
class _Drift:
    """One difference: the rest of a sentence about the fake."""

    text: str
    severity: Severity


def judge(evidence: Evidence, observations: Observations, consumers: Consumers) -> Judgement:
    """Report each kind of difference once for every caller of a fake, with the inputs that show it."""
    by_seam: dict[Seam, list[Replayed]] = defaultdict(list)
    for each in observations.incidents:
        if isinstance(each, Replayed):
            by_seam[each.seam].append(each)
    mutated = {plain(each.seam.callable) for each in observations.incidents if isinstance(each, Mutation)}
    mocked = {(each.caller, each.real.name): each for each in evidence.mocked()}
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    for seam, replayed in sorted(by_seam.items()):
        name = plain(seam.callable)
        known = mocked.get((seam.caller, name))
        if name in mutated:
            skipped.append(Skipped(f"replay of fakes of {name}", "the real one changes its arguments"))
        elif known is not None:
            findings += _Judging(evidence, consumers, known, replayed).findings()
    return Judgement(tuple(findings), tuple(skipped))


class _Judging:
    """Judges the fakes that one caller found in the place of one callable."""

    def __init__(
        self, evidence: Evidence, consumers: Consumers, mocked: Mocked, replayed: Iterable[Replayed]
    ) -> None:
        self._evidence = evidence
        self._consumers = consumers
        self._returns = Returns(evidence.classes)
        self._mocked = mocked
        self._real: Real = mocked.real
        self._replayed = sorted(replayed, key=lambda each: (each.recorded_in, each.inputs, each.test))

    def findings(self) -> Iterator[Finding]:
        found: dict[tuple[str, _Drift], list[Replayed]] = defaultdict(list)
        for each in self._replayed:
            for drift in self._drifts(each):
                found[each.stand_in, drift].append(each)
        for (_, drift), shown in found.items():
            yield self._told(drift, shown)

    def _drifts(self, replayed: Replayed) -> Iterator[_Drift]:
        real, fake = replayed.real, replayed.fake
        if real.type in NOT_THE_CALLEES or _is_of_its_script(fake):
            return
        if real.outcome == "raised" and fake.outcome == "raised":
            yield from self._refused_otherwise(replayed)
        elif real.outcome == "raised":
            yield from self._not_refused(replayed)
        elif fake.outcome == "returned" and not _is_none(real):
            yield from self._other_kind(replayed)

    def _refused_otherwise(self, replayed: Replayed) -> Iterator[_Drift]:
        """Both raised; a fake that raises for everybody plays a broken line, and not the refusal of this input."""
        real, fake = replayed.real, replayed.fake
        known = fake.type in real.bases or any(self._related(name, fake) for name in self._real.raised)
        if not known and any(each.type != fake.type for each in self._given(replayed)):
            yield _Drift(f"raised {fake.type}, where the real one raised {real.type}", "error")

    def _not_refused(self, replayed: Replayed) -> Iterator[_Drift]:
        """The real one raised, and the fake returned."""
        real, fake = replayed.real, replayed.fake
        text = f"returned {_kind(fake)}, where the real one raised {real.type}"
        returned = {form.kind for form in self._real.returned.forms}
        if _is_none(fake) and returned and "none" not in returned:
            if any(not _is_none(each) for each in self._given(replayed)):
                yield _Drift(text, "error")
        elif any(
            self._related(real.type, each) for each in self._given(replayed) if each.outcome == "raised"
        ):
            yield _Drift(text, "warning")

    def _other_kind(self, replayed: Replayed) -> Iterator[_Drift]:
        """Both returned, and what they returned is used in different ways."""
        real, fake = replayed.real, replayed.fake
        if self._real.kind not in ("function", "coroutine"):
            return  # what a call gives is not what comes of it
        use = self._use(replayed)
        was_seen = fake.type in {form.type for form in self._real.returned.forms}
        if self._is_told(fake, use) or (was_seen and len({each.type for each in self._given(replayed)}) < 2):
            return  # at work in the test, or no wonder: it gives the same to everybody
        for difference in self._returns.differences(fake.shape, real.shape, use):
            sure = difference.sure and self._real.is_seen and not was_seen
            yield _Drift(difference.text.replace("returns", "returned"), "error" if sure else "warning")

    def _is_told(self, fake: Answer, use: ResultUse | None) -> bool:
        """Whether this was seen at work already, and is told for that."""
        gave = {each.result_type for each in self._mocked.behaviours if each.outcome == "returned"}
        return fake.type in gave and any(self._returns.differences(fake.shape, self._real.returned, use))

    def _related(self, name: str, fake: Answer) -> bool:
        return name in fake.bases or self._evidence.related(name, fake.type)

    def _given(self, replayed: Replayed) -> list[Answer]:
        """All that this fake gave in the same state: to other recorded inputs, and to its caller."""
        alike = [each for each in self._replayed if _identity(each) == _identity(replayed)]
        return [*(each.fake for each in alike), *replayed.lived]

    def _use(self, replayed: Replayed) -> ResultUse | None:
        return self._consumers.uses.get((replayed.site, tail(self._real.name)))

    def _told(self, drift: _Drift, shown: list[Replayed]) -> Finding:
        first = shown[0]  # they are sorted
        given = ", ".join(f"{name}: {type_}" for name, type_ in first.inputs)
        return find(
            "DF203",
            self._mocked.seam,
            min(each.site for each in shown),
            f"replayed-outcome {first.stand_in} {drift.text}",
            f"Given what {short(self._real.name, self._real.component)} of {self._real.component} got in"
            f" {first.recorded_in} ({given}), the fake {first.stand_in} {drift.text}.",
            severity=drift.severity,
            tests={each.test for each in shown},
            evidence=(
                Fact("sub-kind", ("replayed-outcome",)),
                Fact("stand-ins", (first.stand_in,)),
                Fact("known from", "what the real one did in this run"),
                Fact("inputs recorded in", tuple(sorted({each.recorded_in for each in shown}))),
                places(each.site for each in shown),
            ),
        )


def _identity(replayed: Replayed) -> tuple[str, str, str]:
    return replayed.stand_in, replayed.state, replayed.test


def _is_of_its_script(fake: Answer) -> bool:
    """Whether it raised what says that it has no answer for this input, or stopped the test."""
    if fake.outcome == "returned":
        return False
    classes = {fake.type, *fake.bases}
    return bool(classes & _OF_ITS_SCRIPT) or "Exception" not in classes


def _is_none(answer: Answer) -> bool:
    return answer.outcome == "returned" and answer.type in ("None", "NoneType")


def _kind(answer: Answer) -> str:
    return "None" if _is_none(answer) else answer.type
