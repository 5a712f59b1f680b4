"""Templates that stay compiled from run to run, as modules do: that takes longer than all else about a page."""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache

from dryfit import __version__


class KeptTemplates(FileSystemBytecodeCache):
    """Keeps them in ``folder``, one file for each template and version of Python, wherever dryfit is installed.

    What is kept is run, so the folder has to be this user's own. What cannot be read or written counts as not kept.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), "%s")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what was kept of this template, if it is of the same source."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - half a file may raise anything: then it is made anew
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what a template was compiled to."""
        with suppress(OSError):
            super().dump_bytecode(bucket)

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The name of the file."""
        return f"{name}.{sys.implementation.cache_tag}"

    def get_source_checksum(self, source: str) -> str:
        """What the source was, and who has compiled it with which settings."""
        return hashlib.sha256(f"{__version__}\n{jinja2.__version__}\n{source}".encode()).hexdigest()
