"""Keeps one container running for as long as this process lives, and writes its log to the standard output."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from dryfit.resources.keepers import orphans


def main(spec: dict[str, Any]) -> None:
    """Run the container that ``spec`` (see ``providers/docker.py``) tells of, until SIGTERM comes or it ends."""
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # the supervisor reaps, and needs no image for it
    from docker.errors import DockerException, NotFound
    from testcontainers.core.container import DockerContainer

    try:
        container = DockerContainer(
            spec["image"],
            command=spec["command"] or None,
            env=spec["environment"],
            labels=orphans.labels(spec["home"]),
            name=Path(spec["home"]).name,
        )
    except DockerException as error:
        sys.exit(f"no container engine answers: {error}; start it, or say in DOCKER_HOST where it is")
    for path in spec["tmpfs"]:
        container.with_tmpfs_mount(path)
    loopback: Any = ("127.0.0.1", int(spec["published"]))
    container.ports[spec["port"]] = loopback  # with_bind_ports knows no address
    if spec["beside"]:
        beside: Any = (spec["beside_at"], int(spec["published"]))
        container.ports[spec["beside"]] = beside
    client = container.get_docker_client().client
    orphans.remove(client)
    try:
        container.start()
        running: Any = container.get_wrapped_container()
        for line in running.logs(stream=True, follow=True):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    except (DockerException, OSError) as error:
        sys.exit(f"{spec['image']}: {error}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # By its name: a signal in the middle of the start leaves a container that nobody has noted.
        with suppress(NotFound):
            client.containers.get(Path(spec["home"]).name).remove(force=True, v=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main(json.loads(sys.argv[1]))
