"""Marks of Redis databases: the token is a key, the identity is the server's run id and the database's number.

A server that dryfit itself has started needs no key, which the tests could see and flush away: its run id is random
already, and the register knows it. Proof and flush are one script, so nothing comes between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dryfit.resources.guard import register
from dryfit.resources.guard.mark import Identity, Mark, new_token, refusal

KEY = "dryfit:mark"
"""The key that holds the token in a database of an existing server."""

# KEYS: the mark's key, or none on a server of dryfit's own. ARGV: run id, number of the database, the mark's text.
_GUARDED = """
    local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
    if run ~= ARGV[1] then return {run, ''} end
    redis.call('SELECT', ARGV[2])
    if #KEYS == 1 then
        local text = redis.call('GET', KEYS[1])
        if not text and redis.call('DBSIZE') == 0 then text = ARGV[3] end
        if text ~= ARGV[3] then return {run, text or ''} end
    end
"""
_FLUSH = (
    _GUARDED
    + """
    redis.call('FLUSHDB')
    if #KEYS == 1 then redis.call('SET', KEYS[1], ARGV[3]) end
    return {run, ARGV[3]}
"""
)
_RELEASE = _GUARDED + "redis.call('FLUSHDB') return {run, ARGV[3]}"
# After the guard's own: how many keys to remove, these; key, lifetime in ms (0 for ever) and dump of each other one.
_PUT_BACK = (
    _GUARDED
    + """
    local removed = tonumber(ARGV[4])
    for at = 5, 4 + removed do redis.call('DEL', ARGV[at]) end
    for at = 5 + removed, #ARGV, 3 do
        redis.call('RESTORE', ARGV[at], ARGV[at + 1], ARGV[at + 2], 'REPLACE')
    end
    return {run, ARGV[3]}
"""
)
_CLAIM = """
    redis.call('SELECT', ARGV[1])
    if redis.call('DBSIZE') > 0 then return redis.call('DBSIZE') end
    if #KEYS == 1 then redis.call('SET', KEYS[1], ARGV[2]) end
    return 0
"""


class Client(Protocol):
    """What is asked of a client of redis-py; it may be connected to any of the server's databases."""

    def eval(self, script: str, numkeys: int, *keys_and_args: str | bytes) -> object:
        """Run a script."""

    def client_list(self) -> list[dict[str, str]]:
        """All clients of the server, each with ``db`` and ``name``."""

    def info(self, section: str) -> dict[str, object]:
        """What the server tells of itself."""


CLIENTS = "dryfit:"
"""How the names of dryfit's own connections begin."""


def in_use(client: Client) -> frozenset[str]:
    """The databases, as "db3", to which others than dryfit are connected."""
    return frozenset(
        f"db{other['db']}" for other in client.client_list() if not other["name"].startswith(CLIENTS)
    )


def claim(client: Client, number: int, *, own_server: bool = False) -> Mark:
    """Mark an empty database, or one that a dead run of this user has left; raises ``ResourceError`` for any other.

    ``own_server`` says that dryfit has started the server itself.
    """
    identity = Identity(_kind(own_server), str(client.info("server")["run_id"]), str(number))
    _clear_what_the_dead_left(client, identity)
    if not own_server and f"db{number}" in in_use(client):
        raise refusal(f"redis database {number}", "other clients are connected to it")
    mark = register.enter(identity, new_token())
    keys = client.eval(_CLAIM, *_keys(mark), str(number), mark.text)
    if keys == 0:
        return mark
    register.forget(mark)
    raise refusal(f"redis database {number}", f"it holds {keys} keys that are not dryfit's")


def flush(client: Client, mark: Mark) -> None:
    """Empty the marked database, in one step with the proof; raises ``ResourceError`` for any other."""
    _guarded(client, _FLUSH, mark)


def put_back(
    client: Client, mark: Mark, removed: Sequence[bytes], kept: Sequence[tuple[bytes, int, bytes]]
) -> None:
    """Remove keys from the marked database, and restore others (key, lifetime in ms or 0, dump), in one step."""
    others = (part for key, lifetime, dump in kept for part in (key, b"%d" % lifetime, dump))
    _guarded(client, _PUT_BACK, mark, b"%d" % len(removed), *removed, *others)


def release(client: Client, mark: Mark) -> None:
    """Empty the marked database and take the mark out of it."""
    _guarded(client, _RELEASE, mark)
    register.forget(mark)


def _clear_what_the_dead_left(client: Client, identity: Identity) -> None:
    for entry in register.entries(identity.kind, identity.server):
        if entry.mark.identity == identity and entry.owner and not entry.owner.lives:
            release(client, entry.mark)


def _guarded(client: Client, script: str, mark: Mark, *arguments: bytes) -> None:
    identity, what = mark.identity, f"redis database {mark.identity.part}"
    if register.find(identity, mark.token) is None:
        raise refusal(what, "this user's register does not hold its mark")
    told = client.eval(script, *_keys(mark), identity.server, identity.part, mark.text, *arguments)
    run, text = told if isinstance(told, list) else ("", "")
    found = Identity(identity.kind, run.decode() if isinstance(run, bytes) else str(run), identity.part)
    register.confirm(Mark(found, mark.token), text, what)


def _keys(mark: Mark) -> tuple[int, *tuple[str, ...]]:
    return (0,) if mark.identity.kind == _kind(own_server=True) else (1, KEY)


def _kind(own_server: bool) -> str:
    return "redis of dryfit's own" if own_server else "redis"
