"""One run of a suite, in a process and an environment of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from foreign_suites.catalogue import Program
from foreign_suites.command import ForeignError
from foreign_suites.place import Place
from foreign_suites.recording import Recording, read_recording

PYTEST_OPTIONS = ("-p", "foreign_recorder", "-p", "no:randomly", "-p", "no:cacheprovider", "-q")
KEPT_VARIABLES = ("PATH", "SSL_CERT_FILE", "TMPDIR")


def run_suite(program: Program, place: Place, label: str, extra: Sequence[str] = ()) -> Recording:
    """One run of the suite in a process of its own, with a time limit; output goes to a file beside the record."""
    hear_interrupts()
    place.records.mkdir(parents=True, exist_ok=True)
    record = place.records / f"{label}.jsonl"
    record.unlink(missing_ok=True)
    command = [
        str(place.interpreter),
        "-m",
        "pytest",
        *PYTEST_OPTIONS,
        *program.options,
        *extra,
        *program.tests,
    ]
    with record.with_suffix(".out").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place.tree,
            env=surroundings(program, place, record),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        alarm = threading.Timer(program.limit, os.killpg, (process.pid, signal.SIGKILL))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    recording = read_recording(record, place.tree.parent)
    recording.user = usage.ru_utime
    require_sound(recording, program, place, label)
    return recording


def hear_interrupts() -> None:
    """A job in a shell's background hands on that it ignores interrupts; tests that interrupt themselves would hang."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def surroundings(program: Program, place: Place, record: Path) -> dict[str, str]:
    """The whole environment of a suite, without this shell's; the source tree comes before what is installed."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    home = place.records / "home"
    home.mkdir(exist_ok=True)
    paths = (place.tree / program.source, place.support)
    fixed = {
        "PATH": f"{place.interpreter.parent}:{kept.get('PATH', os.defpath)}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "FOREIGN_RECORD": str(record),
        "FOREIGN_MODULE": program.module,
    }
    return kept | fixed | dict(program.environment)


def require_sound(recording: Recording, program: Program, place: Place, label: str) -> None:
    """Refuse a run that proves nothing: cut off, empty, or of another copy of the program."""
    where = f"{program.name}, {label} run (output in {place.records / label}.out)"
    if recording.status is None and label.startswith("bare"):
        raise ForeignError(f"{where}: ended before its end, or after its limit of {program.limit} s")
    if not recording.outcomes and label.startswith("bare"):
        raise ForeignError(f"{where}: no test ran")
    if recording.origin and not Path(recording.origin).is_relative_to(place.tree):
        raise ForeignError(
            f"{where}: {program.module} came from {recording.origin}, not from its source tree"
        )
