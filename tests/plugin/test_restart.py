"""A server that restarts while operations are run at once."""

from __future__ import annotations

import json

PROGRAM = {
    "pyproject.toml": """
        [tool.dryfit.resources]
        database = { kind = "postgres", schema = "schema.sql" }
    """,
    "schema.sql": """
        CREATE TABLE tills (name text PRIMARY KEY, sum integer NOT NULL);
        CREATE TABLE gates (name text PRIMARY KEY, free integer NOT NULL);
        INSERT INTO tills VALUES ('main', 0);
        INSERT INTO gates VALUES ('north', 1);
    """,
    # The server ends all of its processes, and recovers, when one of them is killed.
    "till.py": """
        import os
        import signal
        from pathlib import Path

        import psycopg

        RESTARTED = Path("restarted")
        adding = []

        def add(url, amount):
            adding.append(amount)
            try:
                with psycopg.connect(url) as connection:
                    connection.execute("SELECT FROM tills")
                    if len(adding) == 2 and not RESTARTED.exists():
                        RESTARTED.touch()
                        os.kill(connection.info.backend_pid, signal.SIGKILL)
                    connection.execute("UPDATE tills SET sum = sum + %s", (amount,))
            finally:
                adding.pop()
    """,
    "gate.py": """
        import psycopg

        def enter(url):
            with psycopg.connect(url) as connection:
                (free,) = connection.execute("SELECT free FROM gates").fetchone()
                if free:
                    connection.execute("UPDATE gates SET free = free - 1")
                return free > 0
    """,
    "test_fair.py": """
        import gate
        import till

        def test_till(database):
            till.add(database.url, 3)

        def test_gate(database):
            assert gate.enter(database.url)
    """,
}


def test_what_a_restart_makes_of_operations_is_no_finding_and_later_trials_go_on(empty_project, server_cache):
    empty_project.write(PROGRAM)

    ended = empty_project.dryfit("check", "--only", "contention", "--json", "out.json")

    assert ended.status == 1, ended.out + ended.err
    report = json.loads((empty_project.root / "out.json").read_text())
    assert [(each["rule"], each["seam"]["callable"]) for each in report["findings"]] == [
        ("DF501", "gate.enter")
    ]
    skipped = [each["reason"] for each in report["checks"]["contention"]["skipped"]]
    assert any("connection" in reason for reason in skipped), skipped
