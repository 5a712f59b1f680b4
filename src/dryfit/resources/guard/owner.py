"""Which process made something, and whether it still lives: a later run may clear away what nobody uses."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from a later one with the same number by its start and by the start of its machine.

    ``processes`` is the namespace in which ``pid`` is its number.
    """

    host: str
    boot: str
    processes: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        return cls(socket.gethostname(), _boot(), _processes(), pid, _started(pid))

    @property
    def lives(self) -> bool:
        """Whether it may still run; of a process on another machine or in another container nobody can tell."""
        if self.host != socket.gethostname():
            return True  # its home directory may be ours as well
        if self.boot != _boot():
            return False
        return self.processes != _processes() or _started(self.pid) == self.started


def _boot() -> str:
    """This start of this machine."""
    return _read("/proc/sys/kernel/random/boot_id")


def _processes() -> str:
    """Where process numbers mean what they mean here."""
    return _link("/proc/self/ns/pid")


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
