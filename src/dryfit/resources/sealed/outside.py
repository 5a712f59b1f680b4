"""Enters a namespace, and keeps open what leads out of it: a way back, and relays to what is declared."""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.sealed import namespace, relay
from dryfit.resources.sealed.hook import is_loopback

ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Target:
    """Something declared: ``host`` as it is written, ``addresses`` as found before the session was sealed."""

    host: str
    port: int
    addresses: tuple[str, ...]

    @classmethod
    def of(cls, endpoint: Endpoint) -> Target:
        """Ask for the addresses while that is still possible; raises ``ResourceError`` where there is none."""
        try:
            found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ResourceError(
                f"{endpoint.host}: has no address ({error.strerror}); correct the resource's host",
                slug="sealed",
            ) from None
        return cls(endpoint.host, endpoint.port, tuple(dict.fromkeys(str(entry[4][0]) for entry in found)))

    @property
    def needs_name(self) -> bool:
        """Whether its host has to be made known inside, where no name server is."""
        return self.host not in self.addresses and not is_loopback(self.host)


def enter(targets: Sequence[Target]) -> ExitStack:
    """Move this thread into a namespace from which only ``targets`` are reached; closing what is returned undoes it.

    Raises ``OSError`` that says why it cannot be had; then nothing has changed.
    """
    if sys.platform != "linux":
        raise OSError("network namespaces are Linux's")
    if threading.current_thread() is not threading.main_thread():
        raise OSError("it is not the main thread that seals")
    doors = [
        (address, target.port)
        for target in targets
        for address in target.addresses
        if _answers(address, target)
    ]
    further = tuple(dict.fromkeys(address for address, _ in doors if not is_loopback(address)))
    with ExitStack() as undo:
        hosts = undo.enter_context(_hosts_file([target for target in targets if target.needs_name]))
        _try_out(further, hosts)
        control = undo.enter_context(_carrier())
        undo.enter_context(_inside(further, hosts))
        for address, port in doors:
            _open_door(control, address, port)
        return undo.pop_all()
    raise AssertionError("unreachable")


def _answers(address: str, target: Target) -> bool:
    """Whether the server is at this one of its addresses: a relay to nowhere would accept, and clients not try on."""
    try:
        socket.create_connection((address, target.port), timeout=ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


@contextmanager
def _hosts_file(targets: Sequence[Target]) -> Iterator[str]:
    """A file like /etc/hosts that knows the targets as well; "" where none has a name."""
    if not targets:
        yield ""
        return
    with tempfile.NamedTemporaryFile("w", prefix="dryfit-hosts-") as file:
        with suppress(OSError):
            file.write(Path(namespace.HOSTS).read_text() + "\n")
        file.writelines(f"{address} {target.host}\n" for target in targets for address in target.addresses)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        yield file.name


def _try_out(addresses: Sequence[str], hosts: str) -> None:
    """Where the kernel lets us in but not go on, as some do, there is no way back: let another process find out."""
    tried = subprocess.run(
        [sys.executable, "-I", "-S", namespace.__file__, json.dumps([addresses, hosts])],
        capture_output=True,
        text=True,
    )
    if tried.returncode != 0:
        raise OSError(f"this kernel or container allows no network namespace ({tried.stderr.strip()})")


@contextmanager
def _carrier() -> Iterator[socket.socket]:
    """The process that stays outside and carries bytes, by the socket on which it takes doors."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", relay.__file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the tests
            )
        # A forked process would keep it alive beyond the life of its parent.
        os.register_at_fork(after_in_child=ours.close)
        yield ours
    process.wait()


@contextmanager
def _inside(addresses: Iterable[str], hosts: str) -> Iterator[None]:
    network = os.open(namespace.NETWORK, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            namespace.enter(addresses, hosts)
        except OSError as error:
            raise _told(error) from None
        yield
        if hosts:
            namespace.uncover_hosts()
        namespace.leave(network)
    finally:
        os.close(network)


def _told(error: OSError) -> OSError:
    others = other_threads()
    if error.errno == errno.EINVAL and others:
        return OSError(f"an ordinary user's process must have one thread only, and there are {others}")
    return error


def other_threads() -> str:
    """The names of this process's threads beside the main one, which stay in the namespace that they are in."""
    return ", ".join(thread.name for thread in threading.enumerate() if thread is not threading.main_thread())


def _open_door(control: socket.socket, address: str, port: int) -> None:
    """Listen inside, where the server seems to be, and let the carrier accept what comes."""
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
        socket.send_fds(control, [json.dumps([address, port]).encode()], [listener.fileno()])
