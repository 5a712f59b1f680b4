"""Containers of keepers on this machine that were killed: their directories are gone, and nobody else removes them."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

HOME_LABEL, HOST_LABEL = "dryfit.home", "dryfit.host"
PROJECT_LABEL = "com.docker.compose.project"


def labels(home: str) -> dict[str, str]:
    """What a container bears that lives as long as a server's directory."""
    return {HOME_LABEL: home, HOST_LABEL: socket.gethostname()}


def remove(client: Any) -> None:
    """Remove them from the engine; of compose, all that belongs to the project that one of them was started in."""
    # The API's own list: the library's asks for each again, and one may be gone by then.
    for container in _listed(client, HOST_LABEL, socket.gethostname()):
        home, project = (container["Labels"].get(label, "") for label in (HOME_LABEL, PROJECT_LABEL))
        if not home or Path(home).exists():
            continue
        # The project bears the name of the directory, which nobody else's has.
        if project == project_of(home):
            _remove_project(client, project)
        else:
            _remove_container(client, container["Id"])


def project_of(home: str) -> str:
    """The compose project of a server's directory."""
    return Path(home).name.lower()


def _remove_project(client: Any, project: str) -> None:
    from docker.errors import APIError

    for container in _listed(client, PROJECT_LABEL, project):
        _remove_container(client, container["Id"])
    ours = {"label": f"{PROJECT_LABEL}={project}"}
    for network in client.api.networks(filters=ours):
        with suppress(APIError):
            client.api.remove_network(network["Id"])
    for volume in client.api.volumes(filters=ours)["Volumes"] or ():
        with suppress(APIError):
            client.api.remove_volume(volume["Name"], force=True)


def _listed(client: Any, label: str, value: str) -> list[Any]:
    found: list[Any] = client.api.containers(all=True, filters={"label": f"{label}={value}"})
    return found


def _remove_container(client: Any, container: str) -> None:
    from docker.errors import APIError

    with suppress(APIError):  # somebody else is removing it
        client.api.remove_container(container, force=True, v=True)
