"""Tells when an event loop that tests keep is about to be closed: whatever still runs in it is cancelled then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from sys import _getframe

Told = Callable[[asyncio.AbstractEventLoop], None]


class Closing:
    """Listens to ``asyncio.Runner``, with which pytest-asyncio, anyio and unittest give a test its loop.

    ``asyncio.run`` is left out: with what it runs the program ends, and its tasks with it.
    """

    def __init__(self, told: Told) -> None:
        self._told = told
        self._close = asyncio.Runner.close

    def begin(self) -> None:
        """Listen from now on."""
        told, close = self._told, self._close

        def close_and_tell(runner: asyncio.Runner) -> None:
            loop: asyncio.AbstractEventLoop | None = getattr(runner, "_loop", None)
            if loop is not None and not (loop.is_closed() or loop.is_running() or _is_run_at_once()):
                told(loop)
            close(runner)

        self._listening = close_and_tell
        asyncio.Runner.close = close_and_tell  # type: ignore[assignment,method-assign]  # put back by ``end``

    def end(self) -> None:
        """Listen no more."""
        if asyncio.Runner.close is self._listening:
            asyncio.Runner.close = self._close  # type: ignore[method-assign]


def _is_run_at_once() -> bool:
    """Whether ``asyncio.run`` closes the runner, as it leaves its block."""
    leaving = _getframe(2)  # the caller of what stands in the place of ``close``
    return leaving.f_back is not None and leaving.f_back.f_code is asyncio.run.__code__
