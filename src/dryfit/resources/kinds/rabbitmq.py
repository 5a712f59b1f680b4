"""RabbitMQ: a virtual host for each worker."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources.kind import BESIDE, Container, Launch, Option
from dryfit.resources.programs import find_program
from dryfit.resources.rabbitmq_management import Management

USER = "dryfit"
MANAGEMENT_PORT, ENCRYPTED_MANAGEMENT_PORT = 15672, 15671

# Debian's script in the PATH refuses everybody but root and its own user; the one behind it does not.
_SCRIPTS = "/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server"
_INSTALL = "apt-get install rabbitmq-server"
_PORTS, _CONFIG, _PLUGINS, _PASSWORD = "ports", "rabbitmq.conf", "enabled_plugins", "password"
# Erlang's port mapper would otherwise stay behind as a daemon; so it ends with the server that it was started for.
_COMMAND = """
. "{home}/ports"
echo "management.tcp.port = {port}" >> "{home}/rabbitmq.conf"
%s -port "$ERL_EPMD_PORT" &
exec "$0"
"""


class RabbitmqKind:
    """``rabbitmq-server`` with its management plugin."""

    has_server = True
    options = (
        Option(
            "definitions",
            "the path of a JSON file with queues, exchanges and bindings that stay, as RabbitMQ exports a virtual host",
            lambda value: isinstance(value, str),
        ),
        Option(
            "management",
            "the URL of an existing server's management, with user and password if they differ from AMQP's",
            lambda value: isinstance(value, str) and value.startswith(("http://", "https://")),
        ),
    )

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """Raises ``ResourceError`` where its programs are not here."""
        program, mapper = _program(), find_program("rabbitmq", ("epmd",), _INSTALL)
        tied = f"setpriv --pdeathsig KILL {mapper}" if shutil.which("setpriv") else mapper
        return Launch(
            key=f"rabbitmq {program}",
            command=("/bin/sh", "-c", _COMMAND % tied, program),
            prepare=_prepare,
            endpoint=lambda home, port: Endpoint(
                "127.0.0.1", port, user=USER, password=(home / _PASSWORD).read_text()
            ),
            is_ready=self.is_ready,
            environment={
                "RABBITMQ_NODENAME": "dryfit-{port}@localhost",
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_NODE_PORT": "{port}",
                "RABBITMQ_MNESIA_BASE": "{home}/mnesia",
                "RABBITMQ_LOG_BASE": "{home}/mnesia",
                "RABBITMQ_CONFIG_FILE": f"{{home}}/{_CONFIG}",
                "RABBITMQ_ENABLED_PLUGINS_FILE": f"{{home}}/{_PLUGINS}",
                "RABBITMQ_CONF_ENV_FILE": "{home}/none",
                "RUNNING_UNDER_SYSTEMD": "yes",  # it stays one process then, and takes our signals itself
            },
            stop_signal="SIGKILL",  # there is nothing to be saved
            in_memory=True,
        )

    def container(self, declaration: Declaration) -> Container:
        """The official image that has the management."""
        return Container(
            image="rabbitmq:4-management",
            port=5672,
            beside=MANAGEMENT_PORT,
            environment={"RABBITMQ_DEFAULT_USER": USER, "RABBITMQ_DEFAULT_PASS": "{mark}"},
            tmpfs=("/var/lib/rabbitmq",),
            user=USER,
            password="{mark}",
        )

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Whether it takes connections; on a server of dryfit's own the management as well."""
        try:
            socket.create_connection((endpoint.host, endpoint.port), timeout=1).close()
            if endpoint.mark:
                Management(_own_management(endpoint), endpoint.user, endpoint.password).get("vhosts")
        except (OSError, ResourceError):
            return False
        return True

    def open(
        self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str
    ) -> VirtualHost:
        """Make a virtual host, and in it what ``definitions`` says."""
        assert endpoint is not None, "rabbitmq has a server"
        management = Management(_management(declaration, endpoint), endpoint.user, endpoint.password)
        return VirtualHost(
            declaration, endpoint, management, f"{space}_{declaration.name}", _definitions(declaration, root)
        )

    def second(self, declaration: Declaration, endpoint: Endpoint) -> Endpoint:
        """The management."""
        at = urlsplit(_management(declaration, endpoint))
        return Endpoint(at.hostname or "", at.port or (443 if at.scheme == "https" else 80))


class VirtualHost:
    """A virtual host: no queue, exchange or message of it can be seen from another one."""

    def __init__(
        self,
        declaration: Declaration,
        endpoint: Endpoint,
        management: Management,
        name: str,
        definitions: str,
    ) -> None:
        self._name, self._management, self._definitions = declaration.name, management, definitions
        self._host = quote(name, safe="")
        if any(host["name"] == name for host in management.get("vhosts")):
            raise ResourceError(
                f"{self._name}: the virtual host {name} exists already", slug="production-guard"
            )
        management.put(f"vhosts/{self._host}")
        management.put(
            f"permissions/{self._host}/{quote(endpoint.user)}",
            {"configure": ".*", "write": ".*", "read": ".*"},
        )
        self._define()
        self._queues, self._exchanges = set(self._found("queues")), set(self._found("exchanges"))
        self.handle = _handle(declaration, endpoint, name)

    def clean(self) -> tuple[Leftover, ...]:
        """Delete queues and exchanges; of those that ``definitions`` makes only the messages."""
        queues, exchanges = self._found("queues"), self._found("exchanges")
        left = (*self._clean_queues(queues), *self._clean_exchanges(exchanges))
        if self._queues - set(queues) or self._exchanges - set(exchanges):
            self._define()
        return left

    def suspend(self) -> None:
        """Each question to the management has a connection of its own."""

    def resume(self) -> None:
        """Another process may have left anything."""
        self.clean()

    def close(self) -> None:
        """Delete the virtual host, with everything in it."""
        self._management.delete(f"vhosts/{self._host}")

    def _define(self) -> None:
        if self._definitions:
            self._management.post(f"definitions/{self._host}", json.loads(self._definitions))

    def _found(self, what: str) -> list[str]:
        """Names of queues or exchanges; without those that belong to a connection, and end with it."""
        items = self._management.get(f"{what}/{self._host}?disable_stats=true&enable_queue_totals=true")
        return sorted(str(item["name"]) for item in items if not item.get("exclusive"))

    def _clean_queues(self, names: list[str]) -> Iterator[Leftover]:
        for name in names:
            place = f"queues/{self._host}/{quote(name, safe='')}"
            messages = self._messages(place)
            if name not in self._queues:
                self._management.delete(place)
                yield Leftover(self._name, name, "queues added", 1, (f"with {messages} messages",))
            elif messages:
                self._management.delete(f"{place}/contents")
                yield Leftover(self._name, name, "messages added", messages)
        yield from (
            Leftover(self._name, name, "queues removed", 1) for name in sorted(self._queues - set(names))
        )

    def _clean_exchanges(self, names: list[str]) -> Iterator[Leftover]:
        for name in names:
            if name not in self._exchanges:
                self._management.delete(f"exchanges/{self._host}/{quote(name, safe='')}")
                yield Leftover(self._name, name, "exchanges added", 1)
        yield from (
            Leftover(self._name, name, "exchanges removed", 1)
            for name in sorted(self._exchanges - set(names))
        )

    def _messages(self, queue: str) -> int:
        """How many wait in it; asked of the queue itself, for the management's own numbers are seconds old."""
        first = self._management.post(
            f"{queue}/get", {"count": 1, "ackmode": "ack_requeue_true", "encoding": "base64", "truncate": 1}
        )
        return 1 + int(str(first[0]["message_count"])) if first else 0


def _program() -> str:
    for program in sorted(Path("/").glob(_SCRIPTS.lstrip("/")), reverse=True):
        return str(program)
    return find_program("rabbitmq", ("rabbitmq-server",), _INSTALL)


def _prepare(home: Path) -> None:
    password = secrets.token_hex(16)
    config = (
        f"default_user = {USER}\ndefault_pass = {password}\n"
        f"management.tcp.ip = {BESIDE}\n"
        "management_agent.disable_metrics_collector = true\nlog.console = true\nlog.file = false\n"
    )
    ports = "".join(f"export {name}={_free_port()}\n" for name in ("ERL_EPMD_PORT", "RABBITMQ_DIST_PORT"))
    plugins = "[rabbitmq_management].\n"
    for name, text in ((_PASSWORD, password), (_CONFIG, config), (_PORTS, ports), (_PLUGINS, plugins)):
        file = home / name
        file.touch(mode=0o600)
        file.write_text(text)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _management(declaration: Declaration, endpoint: Endpoint) -> str:
    """The URL of a server's management."""
    if endpoint.mark:
        return _own_management(endpoint)
    scheme, port = ("https", ENCRYPTED_MANAGEMENT_PORT) if endpoint.tls else ("http", MANAGEMENT_PORT)
    return str(declaration.options.get("management", f"{scheme}://{endpoint.host}:{port}"))


def _own_management(endpoint: Endpoint) -> str:
    return f"http://{f'[{BESIDE}]' if ':' in BESIDE else BESIDE}:{endpoint.port}"


def _definitions(declaration: Declaration, root: Path) -> str:
    given = declaration.options.get("definitions")
    if given is None:
        return ""
    path = root / str(given)
    try:
        return json.dumps(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ResourceError(
            f"{declaration.name}: {path}: {error}; correct the key definitions", slug="resources"
        ) from error


def _handle(declaration: Declaration, endpoint: Endpoint, name: str) -> Handle:
    login = f"{quote(endpoint.user)}:{quote(endpoint.password)}"
    scheme = "amqps" if endpoint.tls else "amqp"
    url = f"{scheme}://{login}@{endpoint.host}:{endpoint.port}/{quote(name, safe='')}"
    return Handle(
        name=declaration.name,
        kind="rabbitmq",
        url=url,
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        database=name,
    )


kind = RabbitmqKind()
