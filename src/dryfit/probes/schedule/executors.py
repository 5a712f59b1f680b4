"""Thread pools that operations hand work to: each piece of it takes turns, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from sys import _getframe
from typing import Any
from weakref import WeakKeyDictionary

from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.governed import Governor

_ORIGINAL: Any = ThreadPoolExecutor


@dataclass(slots=True)
class Handed:
    """What operations have handed to one pool: the threads, and those pieces of work that are not over, in order."""

    threads: list[tuple[threading.Thread, Future[Any]]] = field(default_factory=list)
    going: list[Future[Any]] = field(default_factory=list)


class Executors:
    """Governs ``submit`` and ``shutdown``: the pool's own threads may have been there before, and are left alone.

    No more pieces of work are under way at once than the pool has threads.
    """

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._handed: WeakKeyDictionary[ThreadPoolExecutor, Handed] = WeakKeyDictionary()
        self._submit, self._shutdown = _ORIGINAL.submit, _ORIGINAL.shutdown

    def put_in(self) -> None:
        """Have them known."""
        self._submit, self._shutdown = _ORIGINAL.submit, _ORIGINAL.shutdown
        _ORIGINAL.submit, _ORIGINAL.shutdown = self._governed_submit(), self._governed_shutdown()

    def take_out(self) -> None:
        """Have them as they were."""
        _ORIGINAL.submit, _ORIGINAL.shutdown = self._submit, self._shutdown

    def forget(self) -> None:
        """What was handed over is over."""
        self._handed.clear()

    def _governed_submit(self) -> Callable[..., Future[Any]]:
        governor, submit = self._governor, self._submit

        def governed(pool: Any, function: Callable[..., Any], /, *values: Any, **options: Any) -> Future[Any]:
            if (governor.here() or governor.giver()) is None or pool._shutdown or pool._broken:
                found: Future[Any] = submit(pool, function, *values, **options)
                return found
            future: Future[Any] = Future()
            handed = self._handed.setdefault(pool, Handed())
            handed.going.append(future)
            work = self._work(pool, handed, future, _bound(pool, function, values, options))
            thread = threading.Thread(
                target=work, name=f"{pool._thread_name_prefix}_{len(handed.threads)}", daemon=True
            )
            handed.threads.append((thread, future))
            thread.start()
            return future

        return governed

    def _work(
        self, pool: Any, handed: Handed, future: Future[Any], do: Callable[[], Any]
    ) -> Callable[[], None]:
        def is_due() -> bool:
            return future in handed.going[: pool._max_workers]

        def work() -> None:
            here = self._governor.here()
            if here is not None and not is_due():
                self._governor.wait(here, self._governor.use(here, pool, _getframe()), is_due)
            try:
                _settle(future, do)
            finally:
                handed.going.remove(future)

        return work

    def _governed_shutdown(self) -> Callable[..., None]:
        governor, shutdown = self._governor, self._shutdown

        def governed(pool: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
            shutdown(pool, wait=wait, cancel_futures=cancel_futures)
            handed = self._handed.get(pool, Handed()) if governor.here() is not None else Handed()
            for thread, future in handed.threads:
                if cancel_futures:
                    future.cancel()
                if wait:
                    thread.join()

        return governed


def _bound(
    pool: Any, function: Callable[..., Any], values: tuple[Any, ...], options: Mapping[str, Any]
) -> Callable[[], Any]:
    """What a new thread of the pool does with its first piece of work."""
    if hasattr(pool, "_create_worker_context"):  # from CPython 3.14 on, where it may be another interpreter's
        task = pool._resolve_work_item_task(function, values, options)
        return lambda: _within(pool._create_worker_context(), task)

    def do() -> Any:
        if pool._initializer is not None:
            pool._initializer(*pool._initargs)
        return function(*values, **options)

    return do


def _within(context: Any, task: Any) -> Any:
    context.initialize()
    try:
        return context.run(task)
    finally:
        context.finalize()


def _settle(future: Future[Any], do: Callable[[], Any]) -> None:
    """Do what a pool's thread does with a piece of work."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = do()
    except BrokenOff:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it raises belongs to whoever asks for the result
        future.set_exception(error)
    else:
        future.set_result(result)
