"""A service of the project's own compose file, in a compose project of dryfit's own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources import children
from dryfit.resources.keepers import orphans
from dryfit.resources.kind import BESIDE, Container, Kind, Launch, Option
from dryfit.resources.launched import launched
from dryfit.resources.programs import needs_library

FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Where compose itself looks, in its order."""

USER, PASSWORD, DATABASE = (
    ("POSTGRES_USER", "MARIADB_USER", "MYSQL_USER", "RABBITMQ_DEFAULT_USER"),
    ("POSTGRES_PASSWORD", "MARIADB_PASSWORD", "MYSQL_PASSWORD", "RABBITMQ_DEFAULT_PASS"),
    ("POSTGRES_DB", "MARIADB_DATABASE", "MYSQL_DATABASE"),
)
"""The variables by which the official images are told."""


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


OPTIONS = (
    Option("file", "a compose file's path, from the project's root", _text),
    Option("service", "the name of a service in the compose file", _text),
    Option("user", "a text", _text),
    Option("password", "a text", _text),
    Option("database", "a text", _text),
)


@dataclass(frozen=True, slots=True)
class _Compose:
    """The command, and whether it can replace a list of the compose file (from 2.24 on) instead of adding to it."""

    command: tuple[str, ...]
    replaces: bool


def _launch(kind: Kind, declaration: Declaration, root: Path) -> Launch:
    compose, file = _compose(), _file(declaration, root)
    container, service = (
        kind.container(declaration),
        str(declaration.options.get("service", declaration.name)),
    )
    told = _told(compose, file, service, declaration)
    _refuse_foreign_data(told, file, service)
    spec = {
        "home": "{home}",
        "compose": compose.command,
        "directory": str(file.parent),
        "file": str(file),
        "service": service,
        "override": _override(service, container, compose),
    }
    user, password, database = _credentials(told, declaration, container)
    return Launch(
        key=f"compose {declaration.kind} {hashlib.sha256(json.dumps([spec, told]).encode()).hexdigest()[:16]}",
        command=children.command("dryfit.resources.keepers.compose", json.dumps(spec)),
        prepare=lambda home: None,
        endpoint=lambda home, port: Endpoint(
            "127.0.0.1", port, user=user, password=password, database=database
        ),
        is_ready=kind.is_ready,
        environment={**os.environ, **children.search_path()},  # variables in the compose file are the user's
        called=f"{declaration.name}: {service} by compose",
    )


def _compose() -> _Compose:
    for command in (("docker", "compose"), ("docker-compose",)):
        try:
            version = subprocess.check_output(
                [*command, "version", "--short"], text=True, stderr=subprocess.DEVNULL
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        major, minor = version.strip().lstrip("v").split(".")[:2]
        return _Compose(command, (int(major), int(minor)) >= (2, 24))
    raise ResourceError(
        "compose: neither `docker compose` nor `docker-compose` is here; install one", slug="resources"
    )


def _file(declaration: Declaration, root: Path) -> Path:
    given = declaration.options.get("file")
    names = (str(given),) if given else FILES
    for name in names:
        if (root / name).is_file():
            return root / name
    raise ResourceError(
        f'{declaration.name}: no {" or ".join(names)} in {root}; name it with file = "…"', slug="resources"
    )


def _told(compose: _Compose, file: Path, service: str, declaration: Declaration) -> Mapping[str, Any]:
    """What the compose file says of the service, its variables filled in by compose itself."""
    with needs_library("compose", "docker"):
        from yaml import safe_load
    asked = subprocess.run(
        [*compose.command, "--project-directory", str(file.parent), "-f", str(file), "config"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise ResourceError(f"{file}: compose cannot read it: {asked.stderr.strip()}", slug="resources")
    whole: Any = safe_load(asked.stdout)
    services: Mapping[str, Any] = whole.get("services", {})
    if service not in services:
        raise ResourceError(
            f"{declaration.name}: {file} has no service {service}; it has {', '.join(sorted(services))};"
            ' name one with service = "…"',
            slug="resources",
        )
    volumes = whole.get("volumes") or {}
    external = sorted(name for name, volume in volumes.items() if volume and volume.get("external"))
    return {**services[service], "external": external}


def _refuse_foreign_data(told: Mapping[str, Any], file: Path, service: str) -> None:
    """A server that is started on a developer's own data would write to them; two at once would ruin them."""
    for source in _writable(told):
        if source.startswith(("/", ".", "~")) or source in told["external"]:
            raise ResourceError(
                f"{file}: the service {service} keeps data in {source}, which is not dryfit's; mount it read-only, or"
                " name a service without it",
                slug="resources",
            )


def _writable(told: Mapping[str, Any]) -> Iterator[str]:
    for volume in told.get("volumes") or ():
        if isinstance(volume, str):
            source, _, rest = volume.partition(":")
            if rest and not rest.endswith(":ro"):
                yield source
        elif volume.get("type") in ("bind", "volume") and not volume.get("read_only"):
            yield str(volume.get("source", ""))


def _override(service: str, container: Container, compose: _Compose) -> str:
    """What is said of the service beside the compose file: where it is published, and by what it is known as ours."""
    ports = [f'"127.0.0.1:{{port}}:{container.port}"']
    if container.beside:
        ports.append(f'"{f"[{BESIDE}]" if ":" in BESIDE else BESIDE}:{{port}}:{container.beside}"')
    lines = [
        "services:",
        f"  {service}:",
        "    labels:",
        *(f"      {label}: {json.dumps(value)}" for label, value in orphans.labels("{home}").items()),
        f"    ports: {'!override' if compose.replaces else ''}",
        *(f"      - {each}" for each in ports),
    ]
    return "\n".join(lines) + "\n"


def _credentials(
    told: Mapping[str, Any], declaration: Declaration, container: Container
) -> tuple[str, str, str]:
    environment: Mapping[str, Any] = told.get("environment") or {}

    def credential(option: str, variables: tuple[str, ...], default: str) -> str:
        given = [declaration.options.get(option), *(environment.get(variable) for variable in variables)]
        return next((str(value) for value in given if value), default)

    return (
        credential("user", USER, container.user),
        credential("password", PASSWORD, container.password),
        credential("database", DATABASE, container.database),
    )


provider = launched(_launch, OPTIONS)
