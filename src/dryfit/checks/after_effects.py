"""DF304 hang and DF305 leak: the failure does not end, or leaves behind what stands in the next one's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from dryfit.checks.faulted import Faulted, Tried
from dryfit.checks.mishandled import Mishandled, caller_of, fails
from dryfit.model.finding import Fact
from dryfit.model.trial import LeakKind, Trial

_ANOTHER = ":"
"""The end of a line that says where another thread or task stands."""

Leaks = Counter[tuple[LeakKind, str]]

_LEFT: dict[LeakKind, str] = {
    "connection": "a connection out of its pool",
    "transaction": "a transaction open",
    "thread": "a thread running",
    "task": "a task pending",
    "file": "a file open",
    "lock": "a lock held",
    "process": "a process that nobody waits for",
}


_OUTLIVE: frozenset[LeakKind] = frozenset({"thread", "process"})
"""What a program does not lose when it ends: a process lives on, and for a thread it waits."""


def judge(tried: Tried) -> Iterator[Mishandled]:
    """Judge a trial whose fault happened, however it ended.

    Where the failure ends the program, what it holds ends with it.
    """
    if tried.trial.outcome == "hang":
        yield _hangs(tried)
        return
    faulted = Faulted.of(tried)
    ends = faulted is not None and faulted.ends_the_program
    for (kind, what), _ in sorted(_unusual(tried).items()):
        if ends and kind not in _OUTLIVE:
            continue
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
        f"{handler} does not come to an end ({limit}), when {fails(tried)}"
        + ("; it is the test that waits" if (waits := _is_in_test(tried.trial)) else ""),
        severity="warning" if waits else None,
        evidence=(Fact("stood at", tried.trial.stack),) if tried.trial.stack else (),
    )


def _is_in_test(trial: Trial) -> bool:
    """Whether the test waits itself, for what no component says that it will come."""
    own = trial.test.partition("::")[0] + ":"
    standing = takewhile(lambda line: not line.endswith(_ANOTHER), trial.stack)
    return next((line.startswith(own) for line in standing if not Path(line).is_absolute()), False)


def _unusual(tried: Tried) -> Leaks:
    """What the baselines do not leave; of what is called otherwise in each of them, so many more than they leave."""
    usual = [_leaks(each) for each in tried.baselines]
    steady, ever = usual[0] & usual[1], usual[0] | usual[1]
    unsteady = Counter[LeakKind]()
    for each in usual:
        unsteady |= _by_kind(each - steady)
    found = Leaks()
    for (kind, what), count in sorted((_leaks(tried.trial) - ever).items()):
        known = min(count, unsteady[kind])
        unsteady[kind] -= known
        found[kind, what] = count - known
    return +found


def _by_kind(leaks: Leaks) -> Counter[LeakKind]:
    kinds = Counter[LeakKind]()
    for (kind, _), count in leaks.items():
        kinds[kind] += count
    return kinds


def _leaks(trial: Trial) -> Leaks:
    return Leaks({(each.kind, each.what): each.count for each in trial.leaks})
