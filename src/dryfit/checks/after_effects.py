"""DF304 hang and DF305 leak: the failure does not end, or leaves behind what stands in the next one's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dryfit.checks.faulted import Tried
from dryfit.checks.mishandled import Mishandled, caller_of, fails
from dryfit.model.finding import Fact
from dryfit.model.trial import LeakKind, Trial

_LEFT: dict[LeakKind, str] = {
    "connection": "a connection out of its pool",
    "transaction": "a transaction open",
    "thread": "a thread running",
    "task": "a task pending",
    "file": "a file open",
    "lock": "a lock held",
    "process": "a process that nobody waits for",
}


def judge(tried: Tried) -> Iterator[Mishandled]:
    """Judge a trial whose fault happened, however it ended."""
    if tried.trial.outcome == "hang":
        yield _hangs(tried)
        return
    usual = Counter[tuple[LeakKind, str]]()
    for baseline in tried.baselines:
        usual |= _leaks(baseline)
    for (kind, what), _ in sorted((_leaks(tried.trial) - usual).items()):
        handler = caller_of(tried)
        yield Mishandled(
            "DF305",
            tried,
            handler,
            f"{handler} leaves {_LEFT[kind]} ({what}), when {fails(tried)}",
            evidence=(Fact("left", f"{kind}: {what}"),),
        )


def _hangs(tried: Tried) -> Mishandled:
    handler = caller_of(tried)
    limit = f"{tried.trial.seconds:.0f} s instead of {tried.baselines[0].seconds:.1f} s"
    return Mishandled(
        "DF304",
        tried,
        handler,
        f"{handler} does not come to an end ({limit}), when {fails(tried)}",
        evidence=(Fact("stood at", tried.trial.stack),) if tried.trial.stack else (),
    )


def _leaks(trial: Trial) -> Counter[tuple[LeakKind, str]]:
    return Counter({(each.kind, each.what): each.count for each in trial.leaks})
