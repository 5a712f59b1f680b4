"""Sealing in processes of its own: what is written in them runs sealed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from dryfit.resources.sealed import namespace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")


@pytest.fixture(scope="module", autouse=True)
def _namespaces_are_allowed() -> None:
    tried = subprocess.run(
        [sys.executable, "-I", "-S", namespace.__file__, '[[], ""]'], capture_output=True, text=True
    )
    if tried.returncode:
        pytest.skip(f"no network namespace can be had here: {tried.stderr.strip()}")


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", dedent(program)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_way_back_leads_to_where_it_began_and_nothing_is_left_running() -> None:
    told = run("""
        import os, subprocess
        from dryfit.resources.sealed import namespace
        from dryfit.resources.sealed.seal import VARIABLE, seal
        begun, hosts = namespace.identity(), open("/etc/hosts").read()
        sealed = seal([])
        assert namespace.identity() != begun and VARIABLE in os.environ
        child = subprocess.run(["readlink", "/proc/self/ns/net"], capture_output=True, text=True).stdout.strip()
        assert child == namespace.identity()
        sealed.close()
        assert VARIABLE not in os.environ and open("/etc/hosts").read() == hosts
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("alone", namespace.identity() == begun or os.geteuid() != 0)
    """)
    assert told == "alone True\n"


def test_much_data_goes_both_ways_and_ends_are_passed_on() -> None:
    told = run("""
        import socket, threading
        from dryfit.model.resource import Endpoint
        from dryfit.resources.sealed.seal import seal
        listener = socket.create_server(("127.0.0.1", 0))

        def echo():
            listener.accept()[0].close()  # the question whether it is there
            with listener.accept()[0] as line:
                while piece := line.recv(65536):
                    line.sendall(piece)
        thread = threading.Thread(target=echo)
        thread.start()
        sealed = seal([Endpoint("127.0.0.1", listener.getsockname()[1])])
        sent = bytes(range(256)) * 20_000
        with socket.create_connection(listener.getsockname()) as line:
            sender = threading.Thread(target=lambda: (line.sendall(sent), line.shutdown(socket.SHUT_WR)))
            sender.start()
            got = b"".join(iter(lambda: line.recv(65536), b""))
            sender.join()
        thread.join()
        sealed.close()
        listener.close()
        print(got == sent, "Thread-1" in str(sealed))
    """)
    assert told == "True True\n"


def test_a_declared_host_without_an_address_is_an_error() -> None:
    told = run("""
        from dryfit.model.errors import ResourceError
        from dryfit.model.resource import Endpoint
        from dryfit.resources.sealed.seal import seal
        try:
            seal([Endpoint("no-such-host.invalid", 5432)])
        except ResourceError as error:
            print(error)
    """)
    assert told.startswith("no-such-host.invalid: has no address")


def test_a_failure_of_libpq_is_explained_by_one_line() -> None:
    told = run("""
        from dryfit.resources.sealed.seal import seal
        sealed = seal([])
        print(sealed.explain('connection to server at "192.0.2.1", port 5432 failed: Network is unreachable'))
        print(repr(sealed.explain("assert 1 == 2")))
        sealed.close()
    """)
    assert told.splitlines()[0].startswith("this session is sealed: only declared resources and loopback")
    assert told.splitlines()[1] == "''"


def test_a_forked_process_does_not_keep_the_carrier_alive(tmp_path: Path) -> None:
    told = run("""
        import os, socket
        from dryfit.model.resource import Endpoint
        from dryfit.resources.sealed.seal import seal
        sealed = seal([])
        reader, writer = os.pipe()
        if not os.fork():
            os.close(writer)
            os.read(reader, 1)  # until the parent has ended
            os._exit(0)
        sealed.close()  # waits for the carrier
        print("closed")
    """)
    assert told == "closed\n"
