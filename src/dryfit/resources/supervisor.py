"""Holds one server for as long as somebody holds a lease, and then ends it and removes its directory.

Run as a script with the standard library only, as a process of its own: it outlives a killed pytest just long enough to
clean up. A lease is an open connection to its Unix socket: the kernel closes that however a process ends. Where the
supervisor itself is killed, the kernel ends the server (PR_SET_PDEATHSIG), and whoever starts the next one sweeps up.

The tests wait for its start: what it imports here it needs for that, and the rest where it is used. A suite of tests
that takes a second would else spend more on it than on the server.
"""

import contextlib
import ctypes
import fcntl
import marshal
import os
import selectors
import signal
import socket
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STOP_SECONDS = 10.0
RETRY_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
LOG_TAIL = 4000

DOOR, LOG = "lease.sock", "log"
GO, KEEP, RELEASE, END = b"go", b"keep", b"release", b"end"


class Supervisor:
    """One server, its leases, and the directory that goes with them; ``spec`` is what ``server.py`` says of it."""

    def __init__(self, home: str, spec: "dict[str, Any]", first_lease: socket.socket) -> None:
        self._spec = spec
        self._home = home
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(os.path.join(self._home, DOOR))
        self._door.listen(64)
        self._leases = {first_lease}
        self._kept = False
        self._ears = selectors.DefaultSelector()
        for ear in (self._door, first_lease, _child_ends()):
            self._ears.register(ear, selectors.EVENT_READ)

    def run(self) -> None:
        """Start the server as soon as its directory is prepared, and stay until nobody needs it."""
        (lease,) = self._leases
        if lease.recv(len(GO)) != GO:  # whoever prepares it was killed
            self._remove()
            return
        try:
            server = self._start()
        except OSError as error:
            self._tell(str(error).encode())
            self._remove()
            return
        try:
            while server.poll() is None and not self._is_over():
                self._listen()
            if server.returncode is not None:
                self._tell(self._log()[-LOG_TAIL:] or b"(its log is empty)")
        finally:
            self._take_entry_out()
            _stop(server, self._spec["stop_signal"])
            self._remove()

    def _start(self) -> "subprocess.Popen[bytes]":
        spec, libc = self._spec, ctypes.CDLL(None)
        with open(os.path.join(self._home, LOG), "ab") as log:
            return subprocess.Popen(
                spec["command"],
                env=spec["environment"],
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=spec["user"],
                group=spec["group"],
                extra_groups=[] if spec["user"] is not None else None,
                # Runs after the change of user, which would clear it. This process has one thread, so the signal
                # comes when the process ends.
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL)) if _is_linux() else None,
            )

    def _listen(self) -> None:
        # Without a lease it is only a matter of the lock, which nobody holds for long.
        for key, _ in self._ears.select(None if self._leases or self._kept else RETRY_SECONDS):
            if key.fileobj is self._door:
                lease = self._door.accept()[0]
                self._leases.add(lease)
                self._ears.register(lease, selectors.EVENT_READ)
            elif key.fileobj in self._leases:
                self._hear(key.fileobj)
            else:
                os.read(key.fd, 64)  # a child has ended; the loop asks which

    def _hear(self, lease: socket.socket) -> None:
        try:
            said = lease.recv(16)
        except OSError:
            said = b""
        if said in (KEEP, RELEASE):
            self._kept = said == KEEP
        else:
            self._ears.unregister(lease)
            self._leases.remove(lease)
            lease.close()
        if said == END:
            self._take_entry_out()
            self._kept = False
            for other in list(self._leases):
                self._ears.unregister(other)
            self._leases.clear()

    def _is_over(self) -> bool:
        """Whether nobody holds a lease and nobody is about to join; from then on nobody can."""
        if self._leases or self._kept:
            return False
        with open(self._spec["lock"], "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False  # whoever joins or starts a server holds it meanwhile
            if not _stands(lock.fileno(), self._spec["lock"]):
                return False  # it was swept up before it was locked
            if any(key.fileobj is self._door for key, _ in self._ears.select(0)):
                return False
            self._take_entry_out()
            os.unlink(self._spec["lock"])  # nobody waits for it: whoever opened it sees that it is gone
            return True

    def _take_entry_out(self) -> None:
        """Remove what others find this server by, unless it already leads to another one."""
        import json

        with contextlib.suppress(OSError, ValueError):
            with open(self._spec["entry"]) as entry:
                leads_here = json.load(entry)["home"] == self._home
            if leads_here:
                os.unlink(self._spec["entry"])

    def _tell(self, why: bytes) -> None:
        for lease in self._leases:
            with contextlib.suppress(OSError):
                lease.sendall(why)

    def _log(self) -> bytes:
        with open(os.path.join(self._home, LOG), "rb") as log:
            return log.read()

    def _remove(self) -> None:
        """Remove the directory, in spite of a program that goes on filling it after whoever started that was killed."""
        import shutil
        import time

        deadline = time.monotonic() + STOP_SECONDS
        while os.path.exists(self._home) and time.monotonic() < deadline:
            shutil.rmtree(self._home, ignore_errors=True)
            if os.path.exists(self._home):
                time.sleep(RETRY_SECONDS)


def _stands(lock: int, path: str) -> bool:
    """Whether the file that was opened is the one that stands there now."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(lock), os.lstat(path))
    return False


def _child_ends() -> int:
    """A file descriptor that can be read when a child has ended."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer)
    return reader


def _stop(server: "subprocess.Popen[bytes]", stop_signal: str) -> None:
    if server.poll() is None:
        server.send_signal(signal.Signals[stop_signal])
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)  # and whatever it has left behind
    server.wait()


def _is_linux() -> bool:
    return sys.platform == "linux"


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # so that it is no child of the tests' process, which may wait for children of its own
    for unwanted in (signal.SIGINT, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    HOME, LEASE, SPEC = sys.argv[1:]
    Supervisor(HOME, marshal.loads(bytes.fromhex(SPEC)), socket.socket(fileno=int(LEASE))).run()
