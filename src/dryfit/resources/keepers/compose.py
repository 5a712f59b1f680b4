"""Keeps one service of a compose file running for as long as this process lives, and writes its log to the output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


def main(spec: dict[str, Any]) -> None:
    """Bring up the service that ``spec`` (see ``providers/compose.py``) tells of, until SIGTERM comes or it ends."""
    home = Path(spec["home"])
    override = home / "override.yaml"
    override.write_text(spec["override"])
    files = [part for file in (spec["file"], str(override)) for part in ("-f", file)]
    # A project of its own: the containers and volumes that a developer has up are not these.
    compose = [*spec["compose"], "-p", home.name.lower(), "--project-directory", spec["directory"], *files]
    try:
        subprocess.run([*compose, "up", "--detach", spec["service"]], check=True)
        subprocess.run([*compose, "logs", "--follow", "--no-color", spec["service"]], check=True)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.run([*compose, "down", "--volumes", "--timeout", "0"], check=False)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main(json.loads(sys.argv[1]))
