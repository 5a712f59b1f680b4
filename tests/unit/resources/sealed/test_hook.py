"""What Python's own sockets may do in a sealed session."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

from dryfit.resources.sealed.hook import Hook, SealedError, is_loopback

ELSEWHERE = ("192.0.2.1", 80)  # an address for documentation, which is nobody's (RFC 5737)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook(frozenset({("192.0.2.7", 9), ("declared.example", 9)}))
    yield hook
    hook.off()


@pytest.mark.parametrize(
    "host", ["", "localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "0.0.0.0"]
)
def test_loopback_by_all_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "::ffff:192.0.2.1", "fe80::1%eth0", "localhost.example", "128.0.0.1"]
)
def test_what_only_looks_like_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_connection_to_somewhere_else_is_refused_and_told(hook: Hook) -> None:
    with pytest.raises(
        SealedError, match=r"test_hook.py::test_a_connection.* wants to connect to 192.0.2.1:80"
    ):
        socket.create_connection(ELSEWHERE)
    assert [attempt.target for attempt in hook.attempts] == ["192.0.2.1:80"]
    assert hook.attempts[0].test.endswith("::test_a_connection_to_somewhere_else_is_refused_and_told")


def test_datagrams_are_refused_too(hook: Hook) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        with pytest.raises(SealedError):
            sender.sendto(b"x", ELSEWHERE)
        with pytest.raises(SealedError):
            sender.sendmsg([b"x"], [], 0, ELSEWHERE)


def test_no_name_server_is_asked(hook: Hook) -> None:
    for resolve in (socket.gethostbyname, lambda name: socket.getaddrinfo(name, 80)):
        with pytest.raises(SealedError, match=r"wants to connect to somewhere\.example"):
            resolve("somewhere.example")
    with pytest.raises(SealedError):
        socket.getaddrinfo(b"somewhere.example", 80)


def test_what_is_declared_may_be_asked_for_at_its_own_port(hook: Hook) -> None:
    assert hook._may_connect("192.0.2.7", 9)
    assert not hook._may_connect("192.0.2.7", 10)
    assert hook._may_resolve("declared.example")
    assert hook._may_resolve(socket.gethostname())


def test_local_sockets_of_all_families_go_on(hook: Hook, tmp_path_factory: pytest.TempPathFactory) -> None:
    near, far = socket.socketpair()
    with near, far, socket.create_server(("127.0.0.1", 0)) as server:
        near.sendmsg([b"x"])
        socket.create_connection(server.getsockname()).close()
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    assert hook.attempts == []


def test_it_refuses_nothing_once_it_is_off() -> None:
    hook = Hook(frozenset())
    with socket.socket() as asker:
        with pytest.raises(SealedError):
            sys.audit("socket.connect", asker, ELSEWHERE)
        hook.off()
        sys.audit("socket.connect", asker, ELSEWHERE)
    assert len(hook.attempts) == 1
