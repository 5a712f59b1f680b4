"""Where servers that tests start keep their data: there a database is made and dropped in a third of the time."""

from __future__ import annotations

from pathlib import Path

from dryfit.resources.places import has_room

FOLDER = "/dev/shm" if has_room(Path("/dev/shm")) else "/tmp"
