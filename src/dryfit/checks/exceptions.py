"""The exceptions check: what becomes of a failure at each seam?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dryfit.checks import after_effects, foreign_exception, masked_cause, partial_effect, swallowed
from dryfit.checks.faulted import Faulted, Tried
from dryfit.checks.judgement import Judgement
from dryfit.checks.mishandled import Mishandled, findings, told
from dryfit.checks.names import plain
from dryfit.checks.next_start import completed, did_the_rest, is_made_up_for
from dryfit.model.structure import Tolerated
from dryfit.model.trace import Observations, Skipped
from dryfit.model.trial import Experiment, Verdict

_RULES = (swallowed.judge, partial_effect.judge, masked_cause.judge)

_SILENT = ("DF301", "DF308")
"""The rules of failures that nobody is told of."""

NOTHING = Observations()


@dataclass(frozen=True, slots=True)
class Broken:
    """The judgement, and the verdict on every single trial."""

    judgement: Judgement
    verdicts: tuple[Verdict, ...]


def judge(
    tried: Iterable[Tried],
    observations: Observations = NOTHING,
    tolerated: Sequence[Tolerated] = (),
) -> Broken:
    """Judge DF301 to DF308; trials show something where the fault happened and nothing made them void.

    ``observations`` tell which failures the suite's own tests show to be meant, ``tolerated`` which ones its source
    passes over by name: where all that is missing then is files, that is a warning. So it is where only objects in
    memory are left half changed, in a program that keeps its state elsewhere. A start that the next one makes up for is
    no finding.
    """
    everything = tuple(Faulted.of(each) or each for each in tried)
    meant = tested_fallbacks(observations)
    elsewhere = any(isinstance(each, Faulted) and each.works_elsewhere for each in everything)
    starts = completed(everything)
    shown = (
        replace(each, severity="warning")
        if _is_tolerated(each, tolerated) or (elsewhere and _is_in_memory(each))
        else each
        for each in _mishandled([each for each in everything if _counts(each) and not each.experiment.again])
        if not (each.rule in _SILENT and _is_meant(each, meant)) and not is_made_up_for(each, starts)
    )
    found = _of_pairs_too(everything, shown)
    rules = defaultdict[int, set[str]](set)
    for mishandled in found:
        rules[id(mishandled.tried.trial)].add(mishandled.rule)
    return Broken(
        Judgement(findings(found), tuple(sorted(_void(everything)))),
        tuple(_verdict(each, rules[id(each.trial)]) for each in everything),
    )


def tested_fallbacks(observations: Observations) -> frozenset[tuple[str, str]]:
    """Who returned in a test that passed although a call of its own failed, and which call: a test wants it so."""
    known = {behaviour.key: behaviour for behaviour in observations.behaviours}
    found = set()
    for trace in observations.traces:
        for crossing in trace.crossings if trace.outcome in ("passed", "xpassed") else ():
            failed = known.get(crossing.behaviour)
            parent = trace.crossings[crossing.parent] if crossing.parent >= 0 else None
            around = known.get(parent.behaviour) if parent is not None else None
            if failed and around and (failed.outcome, around.outcome) == ("raised", "returned"):
                found.add((plain(around.seam.callable), plain(failed.seam.callable)))
    return frozenset(found)


def _is_meant(found: Mishandled, meant: frozenset[tuple[str, str]]) -> bool:
    last = found.tried.experiment.strikes[-1]
    return (found.around or found.handler, plain(last.point.seam.callable)) in meant


def _of_pairs_too(tried: Iterable[Tried], shown: Iterable[Mishandled]) -> tuple[Mishandled, ...]:
    """What a pair of faults shows, where its first one by itself neither breaks the same rule nor leaves as much."""
    found = tuple(shown)
    broken = {(each.rule, each.tried.experiment) for each in found}
    alone = {each.experiment: each for each in tried if isinstance(each, Faulted)}
    return tuple(
        each
        for each in found
        if (first := _first_of(each.tried.experiment)) is None
        or ((each.rule, first) not in broken and _leaves_more(each, alone.get(first)))
    )


def _leaves_more(found: Mishandled, alone: Faulted | None) -> bool:
    """Whether work stays that the program has taken back where only the first fault happened.

    What was sent cannot be seen to be taken back: there anything else that was sent may have done it.
    """
    if found.rule != "DF302" or alone is None or not isinstance(found.tried, Faulted):
        return True
    return bool(found.tried.done - alone.done) or any(item[0] == "effect" for item in alone.extra)


def _first_of(experiment: Experiment) -> Experiment | None:
    """The experiment of which a pair is the continuation."""
    return replace(experiment, rank=experiment.rank - 1, then=()) if experiment.then else None


def _counts(tried: Tried) -> bool:
    return tried.trial.fired and not tried.trial.void


def _mishandled(tried: list[Tried]) -> Iterator[Mishandled]:
    yield from foreign_exception.judge(tried)
    for each in tried:
        yield from after_effects.judge(each)
        if isinstance(each, Faulted):
            yield from (mishandled for rule in _RULES for mishandled in rule(each))


def _is_tolerated(found: Mishandled, tolerated: Sequence[Tolerated]) -> bool:
    tried = found.tried
    if found.rule not in _SILENT or not isinstance(tried, Faulted) or not tried.misses_only_files:
        return False
    at = tried.stopped_at
    names = {base.rpartition(".")[2] for each in tried.trial.errors if each.injected for base in each.bases}
    return any(
        each.file == at.file and each.first <= at.line <= each.last and not names.isdisjoint(each.exceptions)
        for each in tolerated
    )


def _is_in_memory(found: Mishandled) -> bool:
    """Whether all that stays of some work is in objects: they may be thrown away, or set up anew."""
    return found.rule == "DF302" and isinstance(found.tried, Faulted) and found.tried.stays_in_memory


def _void(tried: Iterable[Tried]) -> set[Skipped]:
    """The trials that show nothing, each with its reason; not those whose fault just did not happen."""
    return {
        Skipped(f"{each.trial.test}: {told(each.experiment)}", each.trial.void)
        for each in tried
        if each.trial.void and each.trial.fired
    }


def _verdict(tried: Tried, rules: set[str]) -> Verdict:
    said = (
        tried.trial.void or _said(tried)
        if tried.trial.fired
        else f"not injected: {tried.trial.void or UNREACHED}"
    )
    return Verdict(tried.experiment, said, tuple(sorted(rules)), judged=_counts(tried))


UNREACHED = "the test did not come there this time"


def _said(tried: Tried) -> str:
    if tried.trial.outcome in ("hang", "crash"):
        return "no end within the limit" if tried.trial.outcome == "hang" else "the process ended"
    if not isinstance(tried, Faulted):
        return "the test broke off"
    if tried.experiment.again:
        return f"the second attempt {'has done the rest' if did_the_rest(tried) else 'has not done the rest'}"
    work = (
        "something was done twice"
        if tried.doubled and not tried.is_complete
        else "nothing was changed"
        if tried.is_untouched
        else "all was done"
        if tried.is_complete
        else "part of the work was done"
    )
    reply = {
        "raised": "the caller got an exception",
        "said otherwise": "the caller got another answer",
        "said the same": "the caller got the usual answer",
    }
    return f"{reply[tried.reply]}, {work}"
