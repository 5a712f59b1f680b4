"""Keeps one service of a compose file running for as long as this process lives, and writes its log to the output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from dryfit.resources.keepers import orphans


def main(spec: dict[str, Any]) -> None:
    """Bring up the service that ``spec`` (see ``providers/compose.py``) tells of, until SIGTERM comes or it ends."""
    home = Path(spec["home"])
    override = home / "override.yaml"
    override.write_text(spec["override"])
    files = [part for file in (spec["file"], str(override)) for part in ("-f", file)]
    # A project of its own: the containers and volumes that a developer has up are not these.
    compose = [
        *spec["compose"],
        "-p",
        orphans.project_of(spec["home"]),
        "--project-directory",
        spec["directory"],
        *files,
    ]
    _remove_orphans()
    try:
        subprocess.run([*compose, "up", "--detach", spec["service"]], check=True)
        subprocess.run([*compose, "logs", "--follow", "--no-color", spec["service"]], check=True)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.run([*compose, "down", "--volumes", "--timeout", "0"], check=False)


def _remove_orphans() -> None:
    from docker.errors import DockerException

    engine: Any = import_module("docker")
    # Where no engine answers, compose itself will say what is wrong.
    with suppress(DockerException), closing(engine.from_env()) as client:
        orphans.remove(client)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main(json.loads(sys.argv[1]))
