"""What a crossing into a library that is no database sends or writes: requests, mails, commands, files, programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from dryfit.model.crossing import Crossing
from dryfit.model.exchange import SAFE_METHODS
from dryfit.model.secrets import is_secret
from dryfit.model.shape import Json
from dryfit.probes.alike import alike, digest
from dryfit.probes.jsonable import jsonable, text_of

LONGEST = 160

_IDEMPOTENT_METHODS = frozenset({"PUT", "DELETE"})
"""RFC 9110, section 9.2.2; the safe ones are no effects at all."""

_REDIS_READS = frozenset({
    "AUTH", "CLIENT", "CONFIG", "DBSIZE", "DUMP", "ECHO", "EXISTS", "EXPIRETIME", "GET", "GETBIT",
    "GETRANGE", "HELLO", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HSCAN", "HSTRLEN", "HVALS",
    "INFO", "KEYS", "LINDEX", "LLEN", "LPOS", "LRANGE", "MEMORY", "MGET", "MULTI", "OBJECT", "PEXPIRETIME",
    "PING", "PTTL", "RANDOMKEY", "SCAN", "SCARD", "SDIFF", "SELECT", "SINTER", "SISMEMBER", "SMEMBERS",
    "SMISMEMBER", "SRANDMEMBER", "SSCAN", "STRLEN", "SUBSCRIBE", "SUNION", "TIME", "TTL", "TYPE",
    "UNSUBSCRIBE", "UNWATCH", "WATCH", "XINFO", "XLEN", "XRANGE", "XREAD", "XREVRANGE", "ZCARD", "ZCOUNT",
    "ZRANGE", "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZSCAN", "ZSCORE",
})  # fmt: skip
_REDIS_IDEMPOTENT = frozenset({
    "DEL", "EXPIREAT", "FLUSHALL", "FLUSHDB", "HDEL", "HSET", "HMSET", "LSET", "LTRIM", "MSET", "PERSIST",
    "PEXPIREAT", "SADD", "SREM", "SETBIT", "SETEX", "PSETEX", "EXPIRE", "PEXPIRE", "UNLINK", "ZREM",
})  # fmt: skip
_ONCE = frozenset({"MessageDeduplicationId"})
"""Parameters by which a service knows a request again."""

_CLOUD_READS = (
    *("Get", "List", "Describe", "Head", "Query", "Scan", "BatchGet", "Receive"),
    *("AssumeRole", "Decrypt", "Encrypt", "GenerateDataKey"),
)

_PUBLISHING = frozenset({"PUBLISH", "SPUBLISH"})
"""What Redis passes on and does not keep."""

_ASKING = frozenset({"token", "introspect", "search", "_search", "query"})
"""A POST to a path that ends so asks for something (RFC 6749, section 3.2; RFC 7662), or is taken for a question."""


@dataclass(frozen=True, slots=True)
class Described:
    """An effect as it may be shown, and as it is compared.

    ``key`` is the same whatever was generated, ``exact`` only for the very same effect; to repeat an effect that is
    idempotent changes nothing more. ``content`` is what it holds, ``outbox`` the kind of what is sent and stays sent.
    """

    source: str
    what: str
    key: str
    exact: str
    is_idempotent: bool = False
    content: Json = None
    outbox: Literal["mail", "http", ""] = ""


def described(crossing: Crossing) -> Described | None:
    """What a crossing is about to send or to write; ``None`` where that only asks."""
    describe = _DESCRIBERS.get(crossing.callee.name) or _DESCRIBERS.get(crossing.component)
    if describe is None:
        name = crossing.callee.name
        return effect(crossing.component, name.partition(".")[2], jsonable(list(crossing.values[1:])))
    return describe(_named(crossing))


def leaving(crossing: Crossing) -> Described | None:
    """What a crossing is about to send to others, who keep it for themselves: a request, a mail, a message.

    Whether a program that is run does anything to anybody cannot be told.
    """
    if crossing.component == "redis":
        return _published(_named(crossing))
    is_sending = crossing.callee.effect == "send" and crossing.component != "subprocess"
    return described(crossing) if is_sending else None


def stays_within(client: object) -> bool:
    """Whether a client's requests are answered by the program itself, within the process."""
    transport = getattr(client, "_transport", None)
    return type(transport).__name__ in ("ASGITransport", "WSGITransport", "_TestClientTransport")


def is_refused(value: object) -> bool:
    """Whether what a client returned says that the other side did not do what it was asked for."""
    status = getattr(value, "status_code", getattr(value, "status", None))
    return type(status) is int and status >= 400


def effect(
    source: str,
    what: str,
    content: Json,
    *,
    names: Iterable[str] = (),
    is_idempotent: bool = False,
    exact: str = "",
    outbox: Literal["mail", "http", ""] = "",
) -> Described:
    """Describe an effect; ``content`` tells it from others, and ``names`` say what the parts of a list are."""
    parts = content if isinstance(content, list) else [content]
    named = [*names, *[""] * len(parts)]
    texts = [alike(part, name) for part, name in zip(parts, named, strict=False)]
    what = " ".join(what.split())
    return Described(
        source,
        shortened(what),
        digest(source, alike(what), *texts),
        exact or digest(source, what, text_of(content)),
        is_idempotent,
        content,
        outbox,
    )


class Repetitions:
    """Tells what changes nothing, since it is the same idempotent effect once more."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def is_one(self, found: Described, fate: str = "") -> bool:
        """Whether this was there before, with the same fate; it is from now on."""
        seen = (found.exact, fate)
        is_known = seen in self._known
        self._known.add(seen)
        return is_known and found.is_idempotent


def shortened(text: str) -> str:
    """A text that fits on a line."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _named(crossing: Crossing) -> dict[str, Any]:
    return dict(zip(crossing.callee.parameters, crossing.values, strict=False))


# -- HTTP --------------------------------------------------------------------------------------------------------------


def _httpx(values: Mapping[str, Any]) -> Described | None:
    request = values["request"]
    if stays_within(values["self"]):
        return None
    body = getattr(request, "_content", b"")  # `content` raises where the body is a stream
    return _http(request.method, str(request.url), request.headers, body)


def _requests(values: Mapping[str, Any]) -> Described | None:
    request = values["request"]
    return _http(request.method, request.url, request.headers, request.body)


def _aiohttp(values: Mapping[str, Any]) -> Described | None:
    body = values.get("json")
    return _http(
        values["method"],
        str(values["str_or_url"]),
        values.get("headers") or {},
        values.get("data") if body is None else body,
        values.get("params"),
    )


_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _http(method: str, url: str, headers: Any, body: object, params: object = None) -> Described | None:
    method = method.upper()
    parts, document = urlsplit(url), _body(body)
    if method in SAFE_METHODS or (method == "POST" and _asks(parts.path, document)):
        return None
    query = [(name, "<secret>" if is_secret(name) else value) for name, value in parse_qsl(parts.query, True)]
    # A server that a test starts on this machine has another port in every trial.
    place = parts.hostname if parts.hostname in _LOOPBACK else parts.netloc.rpartition("@")[2]
    host = f"{parts.scheme}://{place}"
    what = f"{method} {host}{parts.path}" + (f"?{urlencode(query, safe='<>')}" if query else "")
    given = str({name.lower(): value for name, value in dict(headers).items()}.get("idempotency-key") or "")
    return effect(
        host,
        what,
        [document, jsonable(params)],
        is_idempotent=bool(given) or method in _IDEMPOTENT_METHODS,
        exact=digest(host, what, given) if given else "",
        outbox="http",
    )


def _asks(path: str, document: Json) -> bool:
    """Whether a POST changes nothing, by its path, or as a query of GraphQL."""
    last = path.rstrip("/").rpartition("/")[2].lower()
    query = document.get("query") if last == "graphql" and isinstance(document, dict) else None
    return last in _ASKING or (isinstance(query, str) and not query.lstrip().startswith("mutation"))


def _body(body: object) -> Json:
    """A body as the document that it holds, or its text; nothing of one that is streamed."""
    if isinstance(body, bytes | str):
        with suppress(ValueError):
            document: Json = json.loads(body)
            return jsonable(document)  # without its secrets
        with suppress(UnicodeDecodeError):
            text = body.decode() if isinstance(body, bytes) else body
            form = parse_qsl(text)
            return jsonable(dict(form)) if form else text
    return jsonable(body)


# -- mail --------------------------------------------------------------------------------------------------------------


def _smtplib(values: Mapping[str, Any]) -> Described:
    return _mail(values["from_addr"], values["to_addrs"], values["msg"])


def _aiosmtplib(values: Mapping[str, Any]) -> Described:
    return _mail(values.get("sender"), values.get("recipients"), values["message"])


def _mail(sender: object, receivers: object, content: object) -> Described:
    message = _message(content)
    given = [receivers] if isinstance(receivers, str) else list(receivers or ())  # type: ignore[call-overload]  # or any iterable
    to = sorted(str(each) for each in given) or [str(message.get("To", ""))]
    subject = str(message.get("Subject", ""))
    what = f"mail from {sender or message.get('From', '')} to {', '.join(to)}: {subject}"
    return effect("smtp", what, _text(message), outbox="mail")


def _message(content: object) -> Message:
    if isinstance(content, Message):
        return content
    raw = content.encode(errors="replace") if isinstance(content, str) else content
    return BytesParser(policy=default).parsebytes(raw if isinstance(raw, bytes) else b"")


def _text(message: Message) -> str:
    """The parts' content, without boundaries and headers, which are generated."""
    parts = (part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    texts = (part.decode(errors="replace") for part in parts if isinstance(part, bytes))
    return "\n".join(texts).replace("\r\n", "\n").strip()


# -- Redis -------------------------------------------------------------------------------------------------------------


def _redis_command(values: Mapping[str, Any]) -> Described | None:
    return _redis(values["self"], [values["args"]])


def _redis_pipeline(values: Mapping[str, Any]) -> Described | None:
    return _redis(values["self"], [_arguments(each) for each in list(values["self"].command_stack)])


def _published(values: Mapping[str, Any]) -> Described | None:
    commands = [values["args"]] if "args" in values else map(_arguments, list(values["self"].command_stack))
    return _redis(values["self"], [each for each in commands if each and _is_published(each)])


def _is_published(command: tuple[object, ...]) -> bool:
    return isinstance(command[0], str) and command[0].upper() in _PUBLISHING


def _arguments(command: Any) -> tuple[object, ...]:
    """The words of a command on a pipeline's stack, of either client."""
    found = command[0] if isinstance(command, tuple) else command.args
    return tuple(found)


def _redis(client: Any, commands: list[tuple[object, ...]]) -> Described | None:
    told = [[str(part) for part in _words(command)] for command in commands]
    writes = [words for words in told if words and words[0].upper() not in _REDIS_READS]
    if not writes:
        return None
    return effect(
        f"redis db {client.connection_pool.connection_kwargs.get('db', 0)}",
        "; ".join(" ".join(words) for words in writes),
        [" ".join(words) for words in writes],
        is_idempotent=all(map(_is_idempotent, writes)),
    )


def _words(command: tuple[object, ...]) -> list[Json]:
    """A command's words; values behind a key that names a secret are hidden."""
    key = jsonable(command[1]) if len(command) > 1 else ""
    hidden = isinstance(key, str) and is_secret(key)
    words = [jsonable(part) for part in command[:2]]
    return words + [("<secret>" if hidden else jsonable(part)) for part in command[2:]]


def _is_idempotent(words: list[str]) -> bool:
    name = words[0].upper()
    plain_set = name == "SET" and not {"NX", "XX", "GET"} & {word.upper() for word in words[3:]}
    return name in _REDIS_IDEMPOTENT or plain_set


# -- the rest ----------------------------------------------------------------------------------------------------------


def _botocore(values: Mapping[str, Any]) -> Described | None:
    # A decorator of newer versions takes all positional arguments as one.
    given = values.get("args") or (values["self"], values["operation_name"], values["api_params"])
    client, operation, parameters = given
    if operation.startswith(_CLOUD_READS):
        return None
    meta = client.meta
    service = meta.service_model.service_name
    # Tokens that make a repetition harmless are made by the client itself where nobody gives them.
    is_once = meta.service_model.operation_model(operation).idempotent_members or _ONCE & parameters.keys()
    return effect(
        service,
        f"{service} {operation}",
        jsonable(parameters),
        is_idempotent=bool(is_once) or operation.startswith(("Put", "Delete")),
    )


def _program(values: Mapping[str, Any]) -> Described:
    command = jsonable(values["args"])
    words = [str(word) for word in command] if isinstance(command, list) else [str(command)]
    return effect("programs", f"run {' '.join(words)}", list(words))


def _file(values: Mapping[str, Any]) -> Described:
    arguments, options = values["arguments"], values["options"]
    path = arguments[0] if arguments else options.get("file")
    mode = arguments[1] if len(arguments) > 1 else options.get("mode", "")
    name = PurePath(path).name if isinstance(path, str | PurePath) else str(jsonable(path))
    return effect(
        "files", f"write {name}", str(mode), is_idempotent="a" not in str(mode) and "+" not in str(mode)
    )


_DESCRIBERS: dict[str, Callable[[Mapping[str, Any]], Described | None]] = {
    "httpx": _httpx,
    "requests": _requests,
    "aiohttp": _aiohttp,
    "smtplib": _smtplib,
    "aiosmtplib": _aiosmtplib,
    "redis.Redis.execute_command": _redis_command,
    "redis.Pipeline.execute": _redis_pipeline,
    "redis.Pipeline.immediate_execute_command": _redis_command,
    "botocore": _botocore,
    "subprocess": _program,
    "builtins": _file,
}
