"""A relay in the middle of a connection: nobody notices it, until its time has come."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import ExitStack

import pytest

from dryfit.probes.faults.wire.relay import Fuse, Relay
from dryfit.probes.faults.wire.splice import splice

PATIENCE = 30
MUCH = os.urandom(1 << 20) * 3


class Words:
    """A protocol of lines; those that are loud count."""

    def __init__(self):
        self.key = b""
        self.asked = self.said = b""

    def ask(self, data):
        self.asked += data
        if b"!" in self.asked:
            self.key = self.asked
        return self.asked.endswith(b"!\n")

    def reply(self, data):
        self.said += data
        return self.said.endswith(b"!\n")

    def close(self):
        return self.said.endswith(b"?")


class Foreign(Words):
    def ask(self, data):
        raise ValueError("what?")


def tcp(_):
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]


def unix(folder):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        server.listen()
        client = socket.socket(socket.AF_UNIX)
        client.connect(server.getsockname())
        return client, server.accept()[0]


@pytest.fixture(params=[tcp, unix], ids=["tcp", "unix"])
def ends(request, tmp_path):
    """A client's end of a connection, and its server's."""
    client, server = request.param(tmp_path)
    for end in (client, server):
        end.settimeout(PATIENCE)
    with client, server:
        yield client, server


@pytest.fixture
def relayed():
    """Puts a relay into a connection."""
    with ExitStack() as running:

        def put(client, mode="reply-lost", words=Words):
            blown = []
            relay = Relay(*splice(client.fileno()), words(), mode, Fuse(lambda: blown.append(1)))
            running.callback(relay.join, PATIENCE)
            running.callback(client.close)
            relay.blown = blown
            return relay

        yield put


def everything_from(end):
    """What is said until the connection ends."""
    said = b""
    while data := end.recv(1 << 16):
        said += data
    return said


def heard(end, count):
    said = b""
    while len(said) < count:
        said += end.recv(count - len(said))
    return said


def test_it_passes_on_whatever_is_said(ends, relayed):
    client, server = ends
    relay = relayed(client)
    saying = threading.Thread(target=client.sendall, args=(MUCH,))
    saying.start()
    assert heard(server, len(MUCH)) == MUCH
    saying.join()
    answering = threading.Thread(target=server.sendall, args=(MUCH,))
    answering.start()
    assert heard(client, len(MUCH)) == MUCH
    answering.join()
    assert relay.blown == []


def test_it_is_put_in_while_something_is_under_way(ends, relayed):
    client, server = ends
    client.sendall(b"before, ")
    server.sendall(b"early, ")
    relayed(client)
    client.sendall(b"after")
    server.sendall(b"late")
    assert heard(server, 13) == b"before, after"
    assert heard(client, 11) == b"early, late"


def test_when_one_side_hangs_up_it_hangs_up_on_the_other(ends, relayed):
    client, server = ends
    relayed(client)
    server.sendall(b"bye")
    server.close()
    assert everything_from(client) == b"bye"


def test_when_the_client_hangs_up_the_server_hears_of_it(ends, relayed):
    client, server = ends
    relay = relayed(client)
    client.sendall(b"bye")
    client.close()
    assert everything_from(server) == b"bye"
    relay.join(PATIENCE)


def test_the_reply_is_lost_when_it_is_whole(ends, relayed):
    client, server = ends
    relay = relayed(client)
    client.sendall(b"do it!\n")
    assert heard(server, 7) == b"do it!\n"
    server.sendall(b"is ")
    assert relay.blown == []
    server.sendall(b"done!\n")
    assert everything_from(client) == b""
    assert everything_from(server) == b""
    assert relay.blown == [1]


def test_a_reply_that_ends_with_its_connection_is_lost(ends, relayed):
    client, server = ends
    relay = relayed(client)
    client.sendall(b"do it!\n")
    heard(server, 7)
    server.sendall(b"done?")
    server.close()
    assert everything_from(client) == b""
    assert relay.blown == [1]


def test_a_server_that_hangs_up_by_itself_is_no_fault(ends, relayed):
    client, server = ends
    relay = relayed(client)
    client.sendall(b"do it!\n")
    heard(server, 7)
    server.sendall(b"I am")
    server.close()
    assert everything_from(client) == b"I am"
    assert relay.blown == []


def test_a_request_is_cut_short(ends, relayed):
    client, server = ends
    relay = relayed(client, "cut")
    client.sendall(b"please, ")
    assert heard(server, 8) == b"please, "
    client.sendall(b"do it!\n")
    assert everything_from(client) == b""
    assert everything_from(server) == b""
    assert relay.blown == [1]


def test_a_late_reply_is_kept_back_until_the_client_gives_up(ends, relayed):
    client, server = ends
    relay = relayed(client, "reply-late")
    client.sendall(b"do it!\n")
    heard(server, 7)
    server.sendall(b"done!\n")
    assert relay.withheld.wait(PATIENCE)
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    assert relay.give_up() is True
    assert relay.blown == [1]


def test_a_late_reply_may_arrive_after_all(ends, relayed):
    client, server = ends
    relay = relayed(client, "reply-late")
    client.sendall(b"do it!\n")
    heard(server, 7)
    server.sendall(b"done!\n")
    assert relay.withheld.wait(PATIENCE)
    relay.deliver()
    assert heard(client, 6) == b"done!\n"
    assert relay.blown == []


def test_only_one_relay_lets_something_fail(ends, relayed):
    client, server = ends
    relay = relayed(client)
    assert relay._fuse.blow(b"elsewhere") is True
    client.sendall(b"do it!\n")
    heard(server, 7)
    server.sendall(b"done!\n")
    assert heard(client, 6) == b"done!\n"


def test_nothing_fails_any_more_when_its_time_is_over(ends, relayed):
    client, server = ends
    relay = relayed(client)
    client.sendall(b"do it!\n")
    heard(server, 7)
    relay._fuse.take_out()
    server.sendall(b"done!\n")
    assert heard(client, 6) == b"done!\n"
    assert relay.blown == []


def test_another_protocol_is_passed_on(ends, relayed):
    client, server = ends
    relay = relayed(client, words=Foreign)
    client.sendall(b"do it!\n")
    assert heard(server, 7) == b"do it!\n"
    server.sendall(b"done!\n")
    assert heard(client, 6) == b"done!\n"
    assert relay.blown == []


def test_the_descriptor_stays_as_it_was(ends, relayed):
    client, _ = ends
    client.setblocking(False)
    os.set_inheritable(client.fileno(), True)
    number, family = client.fileno(), client.family
    relayed(client)
    assert (client.fileno(), client.family) == (number, family)
    assert os.get_blocking(number) is False
    assert os.get_inheritable(number) is True
    client.getpeername()
    with pytest.raises(BlockingIOError):
        client.recv(1)


def datagrams():
    end = socket.socket(type=socket.SOCK_DGRAM)
    end.connect(("127.0.0.1", 9))
    return [end]


@pytest.mark.parametrize("made", [lambda: [socket.socket()], datagrams, socket.socketpair])
def test_what_is_connected_to_no_server_is_left_as_it_is(made):
    with ExitStack() as opened:
        ends = [opened.enter_context(end) for end in made()]
        before = os.fstat(ends[0].fileno()).st_ino
        with pytest.raises(OSError, match="not connected"):
            splice(ends[0].fileno())
        assert os.fstat(ends[0].fileno()).st_ino == before


def test_an_event_loop_goes_on_waiting_for_the_connection(ends, relayed):
    client, server = ends

    async def scenario():
        reader, writer = await asyncio.open_connection(sock=client)
        relayed(client)
        writer.write(b"hello\n")
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, heard, server, 6) == b"hello\n"
        server.sendall(b"you\n")
        said = await asyncio.wait_for(reader.readline(), PATIENCE)
        writer.close()
        await writer.wait_closed()
        return said

    assert asyncio.run(scenario()) == b"you\n"


def test_nothing_stays_behind(ends, relayed):
    client, server = ends
    before = set(os.listdir("/proc/self/fd")), threading.active_count()
    relay = relayed(client)
    client.sendall(b"do it!\n")
    heard(server, 7)
    server.sendall(b"done!\n")
    assert everything_from(client) == b""
    relay.join(PATIENCE)
    assert (set(os.listdir("/proc/self/fd")), threading.active_count()) == before
