"""A network namespace for this process and all that it starts: nothing but a loopback of its own is in it.

The standard library alone, for it is also run as a script, to try it out in a process that has nothing to lose.
"""

from __future__ import annotations

import ctypes
import fcntl
import ipaddress
import json
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

NETWORK = "/proc/thread-self/ns/net"

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 0x1000, 0x4000, 0x40000, 0x2
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK = 0x8913, 0x8914, 0x8916, 0x891C
_IFF_UP = 0x1
HOSTS = "/etc/hosts"


def enter(addresses: Iterable[str] = (), hosts_file: str = "") -> None:
    """Move the calling thread, and all that it starts from now on, into a new namespace; raises ``OSError``.

    ``addresses`` are others than loopback's at which relays will listen; ``hosts_file`` takes the place of /etc/hosts,
    since no name server can be reached. An ordinary user needs a user namespace, and for that a single thread.
    """
    mounts = _CLONE_NEWNS if hosts_file else 0
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(_CLONE_NEWNET | mounts)
    except PermissionError:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET | mounts)
        _map_ids(user, group)
    _raise_loopback()
    for number, address in enumerate(addresses):
        _add_address(address, number)
    if hosts_file:
        _mount(b"none", b"/", _MS_REC | _MS_PRIVATE)
        _mount(os.fsencode(hosts_file), os.fsencode(HOSTS), _MS_BIND)


def leave(network: int) -> bool:
    """Go back to the namespace that ``network`` is a descriptor of; an ordinary user is not let, and gets ``False``."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.setns(network, _CLONE_NEWNET) == 0)


def uncover_hosts() -> None:
    """Let the real /etc/hosts be seen again, after ``enter`` has put another file in its place."""
    ctypes.CDLL(None, use_errno=True).umount2(os.fsencode(HOSTS), _MNT_DETACH)


def identity() -> str:
    """Which network namespace this thread is in."""
    return os.readlink(NETWORK)


def _unshare(flags: int) -> None:
    _check(ctypes.CDLL(None, use_errno=True).unshare(flags), "unshare")


def _mount(source: bytes, target: bytes, flags: int) -> None:
    _check(ctypes.CDLL(None, use_errno=True).mount(source, target, None, flags, None), "mount")


def _check(result: int, call: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")


def _map_ids(user: int, group: int) -> None:
    """Be the same user inside."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        flags = struct.unpack("16xH14x", fcntl.ioctl(asked, _SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0)))[
            0
        ]
        fcntl.ioctl(asked, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _add_address(address: str, number: int) -> None:
    """Give loopback a further address, which is all there is of its network."""
    packed = ipaddress.ip_address(address).packed
    if len(packed) == 16:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asked:
            index = socket.if_nametoindex("lo")
            fcntl.ioctl(asked, _SIOCSIFADDR, struct.pack("16sIi", packed, 128, index))
    else:
        name = f"lo:{number}".encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            for request, value in ((_SIOCSIFADDR, packed), (_SIOCSIFNETMASK, b"\xff" * 4)):
                fcntl.ioctl(asked, request, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, value))


if __name__ == "__main__":
    try:
        enter(*json.loads(sys.argv[1]))
    except OSError as error:
        sys.exit(str(error))
