"""Processes and what descends from them: none is to outlive the lab."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(by: int = signal.SIGKILL) -> None:
    """Let the kernel end this process when its parent ends, where it can; 0 takes that back."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(by))


def kill_family(pid: int) -> None:
    """Kill the leader of a process group, the group, and all that descends from it, which may have groups of its own.

    Each is stopped before its children are looked for, so that it makes no more of them meanwhile.
    """
    _send(pid, signal.SIGSTOP)
    family = [pid, *_descendants(pid)]
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    for member in family:
        _send(member, signal.SIGKILL)


def _descendants(pid: int) -> Iterator[int]:
    children = _children()
    waiting = list(children[pid])
    while waiting:
        child = waiting.pop()
        yield child
        waiting += children[child]


def _children() -> defaultdict[int, list[int]]:
    """Every process with its children, as far as the system tells."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # "pid (name) state parent …"; a name may hold anything.
            found[int(stat.read_bytes().rpartition(b")")[2].split()[1])].append(int(stat.parent.name))
    return found


def _send(pid: int, number: int) -> None:
    with suppress(OSError):
        os.kill(pid, number)
