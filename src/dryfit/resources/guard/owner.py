"""Which process made something, and whether it still lives: a later run may clear away what nobody uses."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from a later one with the same number by its start and by the start of its machine."""

    machine: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        return cls(_machine(), os.getpid(), _started(os.getpid()))

    @property
    def lives(self) -> bool:
        """Whether it may still run; of a process in another container or on another machine nobody can tell."""
        if self.machine != _machine():
            return _boot(self.machine) == _boot(_machine())
        return _started(self.pid) == self.started


def _machine() -> str:
    """This start of this machine, and the process numbers that hold here."""
    return f"{_read('/proc/sys/kernel/random/boot_id')} {socket.gethostname()} {_link('/proc/self/ns/pid')}"


def _boot(machine: str) -> str:
    return machine.partition(" ")[0]


def _started(pid: int) -> str:
    """When it started, in ticks since the machine did; "" when there is no such process, or it is a zombie."""
    state, *fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split() or ["Z"]
    return "" if state == "Z" else fields[18]


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
