"""A server that runs already: dryfit makes databases of its own on it, marks them, and removes them at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.guard import existing, register
from dryfit.resources.guard.redis import CLIENTS
from dryfit.resources.kind import Kind, Option, Provider

NEVER = "DATABASE_URL"
"""The variable that is the program's own: what it holds today may be production tomorrow."""

REDIRECTING = ("PGHOSTADDR", "PGSERVICE")
"""Variables by which libpq would go somewhere else than the URL says."""

PORTS: Mapping[str, int] = {
    "postgres": 5432, "redis": 6379, "mariadb": 3306, "mysql": 3306, "nats": 4222, "rabbitmq": 5672,
}  # fmt: skip
SCHEMES: Mapping[str, str] = {
    "postgresql": "postgres", "postgres": "postgres", "redis": "redis", "valkey": "redis", "mariadb": "mariadb",
    "mysql": "mysql", "nats": "nats", "amqp": "rabbitmq", "rediss": "redis", "valkeys": "redis", "amqps": "rabbitmq",
}  # fmt: skip
ENCRYPTED: Mapping[str, int] = {"rediss": 6379, "valkeys": 6379, "amqps": 5671}
"""The schemes of those that encrypt from the first byte on, and their ports."""

_LIBPQ = frozenset({
    "host", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslnegotiation", "ssl_min_protocol_version",
    "channel_binding", "gssencmode",
})  # fmt: skip
_REDIS = frozenset({"ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})
PARAMETERS: Mapping[str, frozenset[str]] = {
    "postgresql": _LIBPQ, "postgres": _LIBPQ, "rediss": _REDIS, "valkeys": _REDIS,
}  # fmt: skip
"""What a URL may say besides: how it encrypts, and nothing about where it leads, but for a Unix socket's directory."""


@contextmanager
def _provide(kind: Kind, declaration: Declaration, root: Path) -> Iterator[Endpoint]:
    endpoint = endpoint_of(url_of(declaration), declaration)
    if declaration.kind == "postgres" and (found := [name for name in REDIRECTING if os.environ.get(name)]):
        raise _error(declaration, f"{found[0]} is set, and leads somewhere else than the url; unset it")
    existing.refuse(endpoint, existing.of_host(endpoint))
    if not kind.is_ready(endpoint):
        raise _error(
            declaration,
            f"no {declaration.kind} answers at {endpoint.host or endpoint.socket}:{endpoint.port}",
        )
    register.tidy()
    if declaration.kind == "postgres":
        _look_at_postgres(endpoint)
    elif declaration.kind == "redis":
        _look_at_redis(endpoint)
    yield endpoint


def url_of(declaration: Declaration) -> str:
    """The URL that is declared, or that the variable holds which is; raises ``ResourceError`` where there is none."""
    given = declaration.options.get("url")
    if isinstance(given, str):
        return given
    variable = given["env"] if isinstance(given, Mapping) else ""
    if not variable:
        raise _error(
            declaration, 'provider "url" needs the key url; set url = "…", or url = { env = "TEST_…_URL" }'
        )
    if variable == NEVER:
        raise _error(
            declaration,
            f"{NEVER} is never used as a server for tests, for it may lead to production;"
            f' name a variable that only tests use: url = {{ env = "TEST_{NEVER}" }}',
        )
    if not os.environ.get(variable):
        raise _error(
            declaration, f"the variable {variable} is not set; set it to the URL of a server for tests"
        )
    return os.environ[variable]


def endpoint_of(url: str, declaration: Declaration) -> Endpoint:
    """Where a URL leads, and nowhere else: what libraries would take from elsewhere has to be said in it."""
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    if SCHEMES.get(scheme) != declaration.kind:
        known = ", ".join(f"{name}://" for name, kind in SCHEMES.items() if kind == declaration.kind)
        raise _error(declaration, f"url: begins with {parts.scheme}://; allowed: {known}")
    given = _parameters(scheme, parts, declaration)
    socket = given.pop("host", "")
    if not socket and not parts.hostname:
        raise _error(declaration, "url: names no host; what PGHOST or a service file says today is not asked")
    if "," in parts.netloc:
        raise _error(declaration, "url: names several hosts; name one")
    return Endpoint(
        host=parts.hostname or "localhost",
        port=_port(parts, ENCRYPTED.get(scheme) or PORTS[declaration.kind], declaration),
        socket=socket,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")),
        tls=scheme in ENCRYPTED,
        parameters=tuple(given.items()),
    )


def _parameters(scheme: str, parts: SplitResult, declaration: Declaration) -> dict[str, str]:
    """What a URL says behind the question mark; what is not understood would go unheard."""
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = PARAMETERS.get(scheme, frozenset())
    if given.keys() - known or not given.get("host", "/").startswith("/"):
        allowed = ", ".join(sorted(known)).replace("host,", "host=/directory/of/a/socket,") or "none"
        raise _error(
            declaration, f"url: has parameters that are not understood ({parts.query}); allowed: {allowed}"
        )
    return given


def _port(parts: SplitResult, default: int, declaration: Declaration) -> int:
    try:
        return parts.port or default
    except ValueError:
        raise _error(declaration, "url: has a port that is no number from 1 to 65535") from None


def _look_at_postgres(endpoint: Endpoint) -> None:
    from dryfit.resources.guard import existing_postgres, postgres

    with existing_postgres.connect(endpoint) as connection:
        creates = not postgres.adopted(connection)
        existing.refuse(endpoint, existing_postgres.reasons(connection, creates=creates))
        postgres.sweep(connection)


def _look_at_redis(endpoint: Endpoint) -> None:
    from dryfit.resources.kinds.redis import connect

    with connect(endpoint, 0, f"{CLIENTS}look") as client:
        existing.refuse(endpoint, existing.of_redis(client))


def _error(declaration: Declaration, what: str) -> ResourceError:
    return ResourceError(f"{declaration.name}: {what}", slug="production-guard")


def _is_url(value: object) -> bool:
    if isinstance(value, Mapping):
        return set(value) == {"env"} and isinstance(value["env"], str)
    return isinstance(value, str) and "://" in value


provider = Provider(
    _provide, (Option("url", 'a URL, or { env = "NAME" } for a variable that holds one', _is_url),)
)
