"""A process that ends this one where a call never gives the interpreter back: nothing else is heard, nor Ctrl-C."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from dryfit.lab import stacks
from dryfit.lab.family import die_with_parent
from dryfit.resources.children import command

LIMIT_SECONDS = 20.0
"""So long one interleaving may go without a sign: the controller ends each long before, where it is let."""

PATIENCE_SECONDS = 5.0
"""The same after Ctrl-C."""

_BEGUN, _OVER = b"+", b"-"
_TEST, _STACK = "test", "stack"
_MOST_LINES = 12
_TIMES = 5
"""How often it asks where the process stands: on a busy machine the answer may take a while."""


class Overseer:
    """Is told of each interleaving, within which it is a context; for one session of the project at ``root``.

    It writes to the standard error that this process has when it is made.
    """

    def __init__(self, root: Path, limit: float = LIMIT_SECONDS, patience: float = PATIENCE_SECONDS) -> None:
        self._home = TemporaryDirectory(prefix="dryfit-overseer-")
        told = (str(root), self._home.name, str(os.getpid()), str(limit), str(patience))
        # Ctrl-C waits until it is known what to do about it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process = subprocess.Popen(
                command(__name__, *told), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert self._process.stdin is not None
        self._line = self._process.stdin.fileno()

    @contextmanager
    def of(self, test: str) -> Iterator[None]:
        """The interleavings within the block are this test's."""
        home = Path(self._home.name)
        (home / _TEST).write_text(test, encoding="utf-8")
        with stacks.answering(home / _STACK):
            yield

    def __enter__(self) -> None:
        self._tell(_BEGUN)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._tell(_OVER)

    def close(self) -> None:
        """Let it go."""
        self._process.communicate()
        self._home.cleanup()

    def _tell(self, sign: bytes) -> None:
        try:
            os.write(self._line, sign)
        except BrokenPipeError:
            return  # somebody has ended it: the interleavings are made all the same


class _Waiting:
    """How long this process may wait for the next sign; ``is_on`` while an interleaving is being made."""

    def __init__(self, limit: float, patience: float) -> None:
        self.is_on = False
        self._limit = limit
        self._patience = patience
        self._part = min(limit, patience) / 20
        signal.signal(signal.SIGINT, self._interrupted)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def sign(self) -> bytes | None:
        """What comes; ``None`` where nothing has come for too long.

        Counted in small parts: in a process that was stopped, as by Ctrl-Z, time goes on.
        """
        spent = 0.0
        while True:
            begun = time.monotonic()
            if select.select([sys.stdin], [], [], self._part)[0]:
                return os.read(sys.stdin.fileno(), 1024)
            spent += min(time.monotonic() - begun, self._part)
            if self.is_on and spent > self._limit:
                return None

    def _interrupted(self, *_: object) -> None:
        self._limit = min(self._limit, self._patience)


def main() -> None:
    """Wait until the other process is done, or end it, and say why."""
    root, home, pid, limit, patience = sys.argv[1:]
    die_with_parent()
    waiting = _Waiting(float(limit), float(patience))
    while (sign := waiting.sign()) is not None:
        if not sign:
            return
        waiting.is_on = sign.endswith(_BEGUN)
    test = Path(home, _TEST).read_text(encoding="utf-8")
    asked = (stacks.ask(int(pid), Path(home, _STACK), Path(root)) for _ in range(_TIMES))
    where = next(filter(None, asked), ())
    print(f"\ndryfit: {_said(test, where)}", file=sys.stderr, flush=True)
    os.kill(int(pid), signal.SIGKILL)


def _said(test: str, where: tuple[str, ...]) -> str:
    """The threads of operations come first; the one that runs the test waits for them, or there is no other."""
    first = where.index(stacks.ANOTHER) if stacks.ANOTHER in where else 0
    lines = "".join(f"  {line}\n" for line in (*where[first:], *where[:first])[:_MOST_LINES])
    return (
        f"{test}: an interleaving does not end, and nothing is heard in its process: a call does not give the"
        f" interpreter back\n{lines}nothing else ends such a call: this process of pytest is killed, and runs no more"
        " tests"
    )


if __name__ == "__main__":
    main()
