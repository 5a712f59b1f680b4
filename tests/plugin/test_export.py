"""``dryfit contract export --pact``, as a user types it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

OVER_HTTP = {
    "pyproject.toml": """
        [project]
        name = "mill"

        [tool.pytest.ini_options]
        filterwarnings = ["ignore"]
    """,
    "rates.py": """
        import httpx

        def rate(url, currency):
            with httpx.Client(base_url=url, trust_env=False) as client:
                return client.get("/rates", params={"currency": currency}).json()["rate"]
    """,
    "api.py": """
        import uuid
        from fastapi import FastAPI, Header, HTTPException

        app = FastAPI()
        bags = {}

        @app.post("/bags", status_code=201)
        def fill(body: dict):
            number = str(uuid.uuid4())
            bags[number] = body["grams"]
            return {"id": number, "grams": body["grams"]}

        @app.get("/bags/{bag_id}")
        def show(bag_id: uuid.UUID, authorization: str = Header("")):
            if authorization != "Bearer s3cr3t":
                raise HTTPException(401)
            return {"id": str(bag_id), "grams": bags[str(bag_id)]}

        @app.post("/logins")
        def log_in(body: dict):
            return {"token": "s3cr3t"}
    """,
    "test_mill.py": """
        import json
        import threading
        from http.server import BaseHTTPRequestHandler, HTTPServer

        import pytest
        from fastapi.testclient import TestClient

        import rates
        from api import app

        class Rates(BaseHTTPRequestHandler):
            def do_GET(self):
                content = json.dumps({"rate": 1.1, "at": "2026-11-22"}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        @pytest.fixture
        def url():
            with HTTPServer(("127.0.0.1", 0), Rates) as server:
                thread = threading.Thread(target=server.serve_forever, args=(0.01,))
                thread.start()
                yield f"http://127.0.0.1:{server.server_port}"
                server.shutdown()
                thread.join()

        @pytest.fixture
        def client():
            return TestClient(app)

        @pytest.mark.parametrize("currency", ["EUR", "USD"])
        def test_rate(url, currency):
            assert rates.rate(url, currency) == 1.1

        def test_bag(client):
            bag = client.post("/bags", json={"grams": 500}).json()
            assert client.get("/bags/" + bag["id"]).status_code == 401
            shown = client.get("/bags/" + bag["id"], headers={"Authorization": "Bearer s3cr3t"})
            assert shown.json() == bag

        def test_another_bag(client):
            assert client.post("/bags", json={"grams": 1000}).status_code == 201

        def test_log_in(client):
            assert client.post("/logins", json={"name": "ada", "password": "p4ssw0rd"}).status_code == 200
    """,
}


@pytest.fixture
def mill(empty_project):
    """A project that asks a server, and that tests ask."""
    empty_project.write(OVER_HTTP)
    return empty_project


@pytest.fixture(scope="module")
def watched_mill(tmp_path_factory, project_in):
    """The same after a watched run, for all tests that leave the run as it is."""
    root = tmp_path_factory.mktemp("watched") / "mill"
    root.mkdir()
    project = project_in(root)
    project.write(OVER_HTTP)
    ended = project.pytest("--dryfit", "-q")
    assert ended.status == 0, ended.out + ended.err
    return project


def exported(project, *arguments):
    ended = project.pytest("--dryfit", "-q", *arguments)
    assert ended.status == 0, ended.out + ended.err
    told = project.dryfit("contract", "export", "--pact")
    assert told.status == 0, told.err
    return told, {
        path.name: path.read_text(encoding="utf-8") for path in sorted((project.root / "pacts").iterdir())
    }


def test_a_file_for_each_consumer_and_provider(mill):
    told, files = exported(mill)
    assert list(files) == ["rates-localhost.json", "tests-mill.json"]
    assert told.out.splitlines() == [
        "written: pacts/rates-localhost.json: 1 interactions",
        "written: pacts/tests-mill.json: 3 interactions",
    ]
    (sent,) = json.loads(files["rates-localhost.json"])["interactions"]
    assert sent["request"]["query"] == {"currency": ["EUR"]}
    assert sent["response"]["body"]["content"] == {"at": "2000-01-01", "rate": 1}
    assert [each["description"] for each in json.loads(files["tests-mill.json"])["interactions"]] == [
        "POST /bags → 201",
        "GET /bags/{bag_id} → 200",
        "GET /bags/{bag_id} → 401",
    ]


def test_a_secret_is_left_out_by_name(watched_mill):
    mill = watched_mill
    told = mill.dryfit("contract", "export", "--pact", "secrets")
    files = {path.name: path.read_text(encoding="utf-8") for path in (mill.root / "secrets").iterdir()}
    assert told.err.splitlines() == [
        "left out: POST /logins → 200: its body holds the secret `password` (test_mill.py::test_log_in)"
    ]
    kept = b"".join(path.read_bytes() for path in (mill.root / ".dryfit" / "runs").rglob("run.sqlite"))
    for text in ("s3cr3t", "p4ssw0rd"):
        assert not any(text in file for file in files.values())
        assert text.encode() not in kept


def test_the_files_are_the_same_in_any_order_and_with_workers(mill):
    _, first = exported(mill)
    assert not any(re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-4(?!000-8000-0{12})", text) for text in first.values())
    (mill.root / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.reverse()\n", encoding="utf-8"
    )
    assert exported(mill)[1] == first
    assert exported(mill, "-n", "2")[1] == first


def test_the_names_can_be_chosen(watched_mill):
    mill = watched_mill
    told = mill.dryfit("contract", "export", "--pact", "to/pacts", "--consumer", "web", "--provider", "bags")
    assert told.status == 0
    document = json.loads((mill.root / "to" / "pacts" / "web-bags.json").read_text(encoding="utf-8"))
    assert (document["consumer"]["name"], document["provider"]["name"]) == ("web", "bags")


# What cannot be exported.


def export_of(project, *arguments):
    told = project.dryfit("contract", "export", "--pact", *arguments)
    assert told.out == ""
    assert len(told.err.splitlines()) == 1, told.err
    return told.status, told.err


def test_no_run(project):
    status, said = export_of(project)
    assert status == 2
    assert "no run is kept here; run `pytest --dryfit`" in said


def test_a_run_without_http(project):
    assert project.pytest("--dryfit", "-q").status == 0
    status, said = export_of(project)
    assert status == 2
    assert "the last run saw nothing over HTTP" in said
    assert not (project.root / "pacts").exists()


def test_a_run_with_failed_tests(mill):
    mill.write({"test_wrong.py": "def test_wrong():\n    assert False\n"})
    assert mill.pytest("--dryfit", "-q").status == 1
    status, said = export_of(mill)
    assert status == 2
    assert "1 test failed in the last run" in said


def test_a_folder_that_cannot_be_made(watched_mill):
    taken = watched_mill.root / "taken"
    taken.write_text("mine", encoding="utf-8")
    status, said = export_of(watched_mill, "taken")
    assert status == 2
    assert "taken/rates-localhost.json: cannot be written: " in said
    assert taken.read_text(encoding="utf-8") == "mine"


def test_a_file_that_cannot_be_replaced(watched_mill):
    hindered = watched_mill.root / "hindered"
    (hindered / "rates-localhost.json").mkdir(parents=True)
    status, said = export_of(watched_mill, "hindered")
    assert status == 2
    assert "hindered/rates-localhost.json: cannot be written: " in said
    assert [path.name for path in hindered.iterdir()] == ["rates-localhost.json"]


def test_a_run_of_another_schema(watched_mill, tmp_path, project_in):
    copied = project_in(shutil.copytree(watched_mill.root, tmp_path / "mill"))
    (file,) = (copied.root / ".dryfit" / "runs").rglob("run.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    status, said = export_of(copied)
    assert status == 2
    assert "written by a newer dryfit (schema 99" in said


def test_no_format(project):
    told = project.dryfit("contract", "export")
    assert told.status == 2
    assert "--pact" in told.err
