"""Declared resources in a lab: opened before the collection, used by one forked runner after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from textwrap import dedent

import pytest

from dryfit.lab.lab import Lab
from dryfit.model.trial import Experiment, Fault, Trial

COLLECTED = """
    import os

    collected_in = os.getpid()
    url = os.environ["PLACE_URL"]  # of import time

    def check(used):
        return used
"""

KINDS = {
    "smtp": """
        import smtplib
        from urllib.parse import urlsplit

        def used(place):
            at = urlsplit(url)
            with smtplib.SMTP(at.hostname, at.port) as server:
                server.sendmail("a@example.com", ["b@example.com"], "Subject: tea\\n\\n")
            return len(place.inbox.wait_for(1))
    """,
    "http": """
        from urllib.request import urlopen

        def used(place):
            place.server.expect_request("/tea").respond_with_data("green")
            return len(urlopen(url + "/tea").read()) - 4
    """,
    "sqlite": """
        import sqlite3
        from contextlib import closing

        def used(place):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                connection.execute("CREATE TABLE tea (name TEXT)")
                connection.execute("INSERT INTO tea VALUES ('green')")
                connection.commit()
                return connection.execute("SELECT count(*) FROM tea").fetchone()[0]
    """,
    "directory": """
        from pathlib import Path

        def used(place):
            (Path(url) / "tea").touch(exist_ok=False)
            return len(list(place.path.iterdir()))
    """,
    "postgres": """
        import psycopg

        def used(place):
            with psycopg.connect(url) as connection:
                connection.execute("CREATE TABLE tea (name text)")
                connection.execute("INSERT INTO tea VALUES ('green')")
                return connection.execute("SELECT count(*) FROM tea").fetchone()[0]
    """,
}
"""How a program uses one for the first time in a test, at the address that it has known from its import on; gives 1."""

TEST = """
    import os, shelf, store

    def test_used(place):
        assert os.getpid() != shelf.collected_in
        assert store.put(place) == 1
"""

STORE = """
    import os, shelf

    def put(place):
        used = shelf.used(place)
        try:
            return shelf.check(used)
        except RuntimeError:
            os._exit(3)
"""


def at_check(baseline: Trial) -> Iterable[Experiment]:
    for crossed in baseline.crossings:
        if crossed.point.seam.callable == "shelf.check":
            for when in ("before", "after"):
                yield Experiment(
                    baseline.test, crossed.point, when, Fault("plain", "RuntimeError", "injected")
                )


@pytest.mark.parametrize("kind", KINDS)
def test_a_runner_that_dies_hands_clean_resources_on(lab_on: Callable[..., Lab], kind: str) -> None:
    project = {
        "pyproject.toml": f"""
            [tool.dryfit.resources]
            place = {{ kind = "{kind}", env = "PLACE_URL" }}
        """,
        "shelf.py": dedent(COLLECTED) + dedent(KINDS[kind]),
        "store.py": STORE,
        "test_shelf.py": TEST,
    }
    found = lab_on(project).run(at_check)
    ((_, _, trials),) = found.trials
    assert [(each.outcome, each.fired, each.failure, each.void) for each in trials] == [
        ("crash", True, "the process ended with status 3", "")
    ] * 2
    assert found.skipped == ()
