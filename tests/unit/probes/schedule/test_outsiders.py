"""A thread that waits for requests, as a test server's does, is idle whatever kind of selector it has."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import queue
import selectors
import socket
import socketserver
import sys
import threading
import weakref

import aiosqlite
import pytest

from dryfit.probes.schedule.outsiders import Outsiders, _connects
from dryfit.probes.schedule.queues import is_at_rest


def test_a_server_that_waits_for_requests_is_idle() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(60,))
        thread.start()
        try:
            outsiders = Outsiders()
            outsiders.leave_out(threading.get_ident())
            while not outsiders.are_idle():  # until it has come to its selector
                pass
        finally:
            threading.Thread(target=server.shutdown).start()
            with_request = socket.create_connection(server.server_address)
            thread.join()
            with_request.close()
    assert not thread.is_alive()


@pytest.mark.usefixtures("turns")  # as in an exploration, where queues are governed
@pytest.mark.parametrize("put", ["put", "put_nowait"])
def test_a_queue_is_not_at_rest_while_an_item_is_on_its_way(put: str) -> None:
    given, taken = queue.SimpleQueue[str](), []
    thread = threading.Thread(target=lambda: taken.append(given.get()))
    thread.start()
    while (standing := sys._current_frames().get(thread.ident)) is None or standing.f_code.co_name != "get":
        pass
    interval = sys.getswitchinterval()
    sys.setswitchinterval(3600)  # nobody wakes up meanwhile
    try:
        getattr(given, put)("work")
        assert not is_at_rest(given)
    finally:
        sys.setswitchinterval(interval)
    thread.join()
    assert is_at_rest(given)
    assert taken == ["work"]


@pytest.mark.usefixtures("turns")  # as in an exploration, where ``select`` is governed
def test_a_thread_that_connects_to_a_server_is_not_idle_however_long_it_takes(monkeypatch) -> None:
    psycopg = pytest.importorskip("psycopg")
    outsiders = Outsiders()
    outsiders.leave_out(threading.get_ident())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/shop?connect_timeout=10"

        def connect() -> None:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(url)

        thread = threading.Thread(target=connect)
        thread.start()
        with silent.accept()[0]:
            while not _connects(sys._current_frames()[thread.ident]):
                pass
            monkeypatch.setattr("dryfit.probes.schedule.outsiders.PATIENCE", -1)
            assert not any(outsiders.are_idle() for _ in range(10))
        thread.join()
    assert outsiders.are_idle()


def test_a_selector_that_is_closed_as_it_is_looked_at_is_no_failure(monkeypatch) -> None:
    outsiders = Outsiders()
    outsiders.leave_out(threading.get_ident())
    waiting, closed = socket.socketpair()
    selector = selectors.DefaultSelector()
    selector.register(waiting, selectors.EVENT_READ)
    thread = threading.Thread(target=selector.select)
    thread.start()
    while not outsiders.are_idle():  # until it has come to its selector
        pass
    frames = sys._current_frames()
    closed.send(b"x")
    thread.join()
    selector.unregister(waiting)
    selector.close()
    waiting.close()
    closed.close()
    monkeypatch.setattr(sys, "_current_frames", lambda: frames)

    assert outsiders.are_idle()


def test_a_socket_that_is_closed_as_it_is_looked_at_is_no_failure(monkeypatch) -> None:
    outsiders = Outsiders()
    outsiders.leave_out(threading.get_ident())
    waiting, other = socket.socketpair()
    reader = waiting.makefile("rb", buffering=0)
    thread = threading.Thread(target=reader.read, args=(1,))
    thread.start()
    while not outsiders.are_idle():  # until it has come to its socket
        pass
    frames = sys._current_frames()
    other.send(b"x")
    thread.join()
    for each in (reader, waiting, other):
        each.close()
    monkeypatch.setattr(sys, "_current_frames", lambda: frames)

    assert not outsiders.are_idle()  # it goes on now


def test_nothing_is_kept_of_what_the_threads_hold() -> None:
    """SQLite commits no transaction while the cursor of a PRAGMA that writes is alive."""

    class Cursor:
        pass

    def call() -> weakref.ref[Cursor]:
        cursor = Cursor()
        Outsiders().are_idle()
        return weakref.ref(cursor)

    gc.disable()
    try:
        assert call()() is None
    finally:
        gc.enable()


@pytest.mark.usefixtures("turns")  # as in an exploration, where queues are governed
def test_the_thread_of_a_connection_of_aiosqlite_is_waited_for_however_long_it_takes(monkeypatch) -> None:
    monkeypatch.setattr("dryfit.probes.schedule.outsiders.PATIENCE", -1)
    busy = threading.Lock()

    async def main() -> tuple[bool, bool]:
        async with aiosqlite.connect(":memory:") as connection:
            outsiders = Outsiders()
            outsiders.begin()
            with busy:
                handed = asyncio.ensure_future(connection._execute(busy.acquire))
                await asyncio.sleep(0)
                while_busy = any(outsiders.are_idle() for _ in range(10))
            await handed
            while not outsiders.are_idle():  # until it waits for more
                pass
            return while_busy, outsiders.are_idle()

    assert asyncio.run(main()) == (False, True)


def test_a_thread_that_has_the_number_of_one_that_is_over_is_another_one(monkeypatch) -> None:
    monkeypatch.setattr("dryfit.probes.schedule.outsiders.PATIENCE", -1)
    busy = threading.Lock()
    outsiders = Outsiders()
    with busy:
        thread = threading.Thread(target=busy.acquire)
        thread.start()
        outsiders.are_idle()  # it takes too long
        is_left_out = outsiders.are_idle()
        outsiders.renew(thread.ident or 0)
        is_waited_for = not outsiders.are_idle()
    thread.join()
    assert (is_left_out, is_waited_for) == (True, True)
