"""Faults of the operating system: programs that cannot be started, files that cannot be opened, tasks that end."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Sequence

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import NotMadeError, Occasion


def names_a_program(occasion: Occasion) -> bool:
    """Whether the system itself starts the program: a shell is always there."""
    return not occasion.argument("shell")


def program_missing(occasion: Occasion, fault: Fault) -> BaseException:
    """There is no such program."""
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), _program(occasion))


def program_forbidden(occasion: Occasion, fault: Fault) -> BaseException:
    """The program may not be run."""
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), _program(occasion))


def names_a_file(occasion: Occasion) -> bool:
    """Whether a file is opened by its name."""
    return isinstance(_file(occasion), str | bytes)


def makes_a_file(occasion: Occasion) -> bool:
    """Whether the file is not there yet: only then may the disk be too full to open it."""
    file = _file(occasion)
    return isinstance(file, str | bytes) and not os.path.lexists(file)


def disk_full(occasion: Occasion, fault: Fault) -> BaseException:
    """There is no room for one more file."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), _file(occasion))


def file_forbidden(occasion: Occasion, fault: Fault) -> BaseException:
    """The file may not be written."""
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), _file(occasion))


def cancelled(occasion: Occasion, fault: Fault) -> BaseException:
    """Whoever awaits is cancelled."""
    return asyncio.CancelledError()


def _program(occasion: Occasion) -> object:
    named = occasion.argument("executable") or occasion.argument("args")
    if isinstance(named, Sequence) and not isinstance(named, str | bytes):
        named = named[0] if named else ""
    if not isinstance(named, str | bytes | os.PathLike):
        raise NotMadeError("no program is named")
    return named


def _file(occasion: Occasion) -> object:
    arguments, options = occasion.argument("arguments"), occasion.argument("options")
    file = arguments[0] if arguments else options.get("file")
    return os.fspath(file) if isinstance(file, os.PathLike) else file
