"""``dryfit check`` lets the seams fail, and ``dryfit replay`` shows a finding again: real sessions on real programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

SHOP = {
    "mail.py": """
        SENT = []

        class MailError(Exception):
            pass

        def send(address):
            if "@" not in address:
                raise MailError(f"{address} is no address")
            SENT.append(address)
    """,
    "orders.py": """
        import mail

        ORDERS = []

        def place(address):
            ORDERS.append(address)
            try:
                mail.send(address)
            except mail.MailError:
                pass
            return len(ORDERS)
    """,
    "test_orders.py": """
        import mail
        import orders
        import pytest

        @pytest.fixture(autouse=True)
        def empty():
            mail.SENT.clear()
            orders.ORDERS.clear()

        def test_an_order_is_confirmed():
            assert orders.place("ann@example.com") == 1
            assert mail.SENT == ["ann@example.com"]
    """,
}

MENDED = {
    "orders.py": """
        import mail

        ORDERS = []

        def place(address):
            mail.send(address)
            ORDERS.append(address)
            return len(ORDERS)
    """,
}

ONLY = ("--only", "exceptions")


@pytest.fixture
def shop(empty_project):
    empty_project.write(SHOP)
    return empty_project


def findings(project, *arguments):
    ended = project.dryfit("check", *ONLY, "--json", "found.json", *arguments)
    report = project.root / "found.json"
    assert report.exists(), ended.out + ended.err
    return ended, json.loads(report.read_text())


@pytest.fixture(scope="module")
def tried(project_in, tmp_path_factory):
    """The shop, checked, with how that ended and its report."""
    project = project_in(tmp_path_factory.mktemp("tried") / "project")
    project.write({"pyproject.toml": "", **SHOP})
    return project, *findings(project)


@pytest.fixture
def tried_shop(tried, project_in, tmp_path):
    """The same in a folder of the test's own."""
    return project_in(Path(shutil.copytree(tried[0].root, tmp_path / "project")))


def test_a_failure_that_nobody_hears_of_is_found_and_shown_again(tried, tried_shop):
    _, ended, report = tried
    assert ended.status == 1
    (finding,) = report["findings"]
    assert (finding["rule"], finding["seam"]["callable"]) == ("DF301", "mail.send")
    assert finding["site"] == {"file": "orders.py", "line": 9, "function": "place"}
    assert finding["test"] == "test_orders.py::test_an_order_is_confirmed"
    assert finding["evidence"]["handled in"] == "orders.place"
    assert report["checks"]["exceptions"] | {"seconds": 0} == {
        "trials": 1,
        "not_injected": 0,
        "seconds": 0,
        "exhausted": True,
        "skipped": [],
    }
    for _ in range(2):
        again = tried_shop.dryfit("replay", finding["id"])
        assert again.status == 1
        assert f"{finding['id']} is shown again" in again.out
        assert "orders.place goes on as if mail.send had worked" in again.out
    tried_shop.write(MENDED)
    mended = tried_shop.dryfit("replay", finding["id"])
    assert mended.status == 0
    assert f"{finding['id']} is not shown any more" in mended.out


IN_ONE_PLACE = {
    "orders.py": """
        import mail

        ORDERS = []

        def place(address):
            ORDERS.append(address)
            _confirm(address)
            return len(ORDERS)

        def cancel(address):
            ORDERS.append(f"- {address}")
            _confirm(address)
            return len(ORDERS)

        def _confirm(address):
            try:
                mail.send(address)
            except mail.MailError:
                pass
    """,
    "test_cancel.py": """
        import mail
        import orders

        def test_cancel():
            mail.SENT.clear()
            orders.ORDERS.clear()
            assert orders.cancel("ann@example.com") == 1
    """,
}


def test_what_one_handler_swallows_is_one_finding_with_the_way_of_the_failure(shop):
    shop.write(IN_ONE_PLACE)
    _, report = findings(shop)
    (finding,) = report["findings"]
    assert finding["evidence"]["handled in"] == "orders._confirm"
    assert finding["evidence"]["chain"] == [
        "raised at orders.py:18 in _confirm: mail.send(address) (mail.MailError)",
        "caught at orders.py:19 in _confirm: except mail.MailError:",
    ]
    assert finding["evidence"]["tests"] == [
        "test_cancel.py::test_cancel",
        "test_orders.py::test_an_order_is_confirmed",
    ]


def test_the_mended_program_is_sound(shop):
    shop.write(MENDED)
    ended, report = findings(shop)
    assert (ended.status, report["findings"]) == (0, [])
    assert report["checks"]["exceptions"]["trials"] > 0


def test_a_finding_of_a_trial_can_be_accepted(tried, tried_shop):
    (finding,) = tried[-1]["findings"]
    assert tried_shop.dryfit("accept", finding["id"], "--reason", "best effort").status == 0
    ended, report = findings(tried_shop)
    assert ended.status == 0
    assert report["findings"][0]["accepted"] == "best effort"


REFUNDED = {
    "till.py": """
        PAID = []

        class Offline(Exception):
            pass

        def charge(order):
            PAID.append(order)

        def refund(order):
            if not order:
                raise Offline("no line to the bank")
            PAID.remove(order)
    """,
    "orders.py": """
        import mail
        import till

        ORDERS = []

        def place(address):
            till.charge(address)
            try:
                mail.send(address)
            except mail.MailError:
                till.refund(address)
                raise
            ORDERS.append(address)
    """,
    "test_orders.py": """
        import mail
        import orders
        import till

        def test_an_order_is_confirmed():
            for kept in (orders.ORDERS, mail.SENT, till.PAID):
                kept.clear()
            orders.place("ann@example.com")
            assert till.PAID == ["ann@example.com"]
    """,
}


def test_a_refund_that_fails_is_found_by_a_second_fault_and_shown_again(shop):
    shop.write(REFUNDED)
    _, report = findings(shop)
    assert report["checks"]["exceptions"]["trials"] == 2
    (finding,) = report["findings"]
    assert finding["rule"] == "DF302"
    assert (
        "mail.send fails with mail.MailError and then till.refund fails with till.Offline"
        in finding["message"]
    )
    again = shop.dryfit("replay", finding["id"])
    assert (again.status, f"{finding['id']} is shown again" in again.out) == (1, True)
    assert "and then till.refund fails with till.Offline" in again.out


def test_a_stand_in_for_the_end_of_the_program_hears_of_the_failure(shop):
    shop.write(
        {
            "main.py": """
                import sys

                import mail

                def main(address):
                    try:
                        mail.send(address)
                    except mail.MailError:
                        sys.exit(1)
                    else:
                        sys.exit(0)
            """,
            "test_main.py": """
                from unittest import mock

                import mail
                import main

                def test_main():
                    mail.SENT.clear()
                    with mock.patch("sys.exit") as ends:
                        main.main("ann@example.com")
                    ends.assert_called_once_with(0)
            """,
        }
    )
    _, report = findings(shop, "test_main.py")
    assert (report["findings"], report["checks"]["exceptions"]["trials"]) == ([], 1)


def test_a_file_that_need_not_be_written_is_a_warning(empty_project):
    empty_project.write(
        {
            "notes.py": """
                from contextlib import suppress

                def keep(path, text):
                    with suppress(OSError):
                        path.write_text(text)
            """,
            "desk.py": """
                import notes

                def note(path, text):
                    notes.keep(path, text)
            """,
            "test_desk.py": """
                import desk

                def test_note(tmp_path):
                    desk.note(tmp_path / "note.txt", "tea")
            """,
        }
    )
    ended, report = findings(empty_project)
    assert [(each["rule"], each["severity"]) for each in report["findings"]] == [("DF301", "warning")]
    assert ended.status == 0
    again = empty_project.dryfit("replay", report["findings"][0]["id"])
    assert "is shown again" in again.out


IN_A_TRANSACTION = {
    "lending.py": """
        import sqlite3

        class LendingFailed(Exception):
            pass

        def lend(connection, title):
            try:
                with_savepoint(connection, title)
            except sqlite3.Error as error:
                raise LendingFailed(title) from error

        def with_savepoint(connection, title):
            connection.execute("SAVEPOINT lending")
            try:
                connection.execute("UPDATE book SET lent = 1 WHERE title = ?", (title,))
                connection.execute("INSERT INTO loan VALUES (?)", (title,))
            except sqlite3.Error:
                connection.execute("ROLLBACK TO lending")
                raise
            connection.execute("RELEASE lending")
    """,
    "test_lending.py": """
        import sqlite3
        import lending
        import pytest

        @pytest.fixture(scope="module")
        def connection():
            connection = sqlite3.connect(":memory:", isolation_level=None)
            connection.execute("CREATE TABLE book (title TEXT PRIMARY KEY, lent INTEGER)")
            connection.execute("CREATE TABLE loan (title TEXT PRIMARY KEY)")
            yield connection
            connection.close()

        @pytest.fixture(autouse=True)
        def in_a_transaction(connection):
            connection.execute("BEGIN")
            connection.execute("INSERT INTO book VALUES ('Emma', 0)")
            yield
            if connection.in_transaction:
                connection.execute("ROLLBACK")

        def test_a_book_is_lent(connection):
            lending.lend(connection, "Emma")
            assert connection.execute("SELECT * FROM loan").fetchall() == [("Emma",)]
    """,
}


def test_what_the_suite_alone_has_begun_is_not_lost_with_a_failure(empty_project):
    """SQLite rolls back all that was begun where it has no room: the tests' transaction is not the program's."""
    empty_project.write(IN_A_TRANSACTION)
    ended, report = findings(empty_project)
    assert report["findings"] == [], ended.out
    told = report["checks"]["exceptions"]
    assert 0 < told["not_injected"] < told["trials"]


def test_the_same_is_found_by_two_workers(tried, shop):
    alone, spread = tried[-1], findings(shop, "--workers", "2")[1]
    assert [each["id"] for each in alone["findings"]] == [each["id"] for each in spread["findings"]]


def test_nothing_is_tried_where_the_tests_fail(shop):
    shop.write({"test_wrong.py": "def test_wrong(): assert False"})
    ended, report = findings(shop)
    assert ended.status == 3
    assert "exceptions" not in report["checks"]


def test_a_test_that_is_another_one_each_time_is_left_out_with_its_reason(shop):
    shop.write(
        {
            "test_odd.py": """
                import orders

                RUNS = []

                def test_odd():
                    RUNS.append(1)
                    for _ in RUNS:
                        orders.place("ann@example.com")
            """
        }
    )
    ended, report = findings(shop, "test_odd.py")
    assert ended.status == 0
    assert report["tests"]["not_repeatable"] == 1
    (skipped,) = report["checks"]["exceptions"]["skipped"]
    assert skipped["what"] == "test_odd.py::test_odd"
    assert skipped["reason"].startswith("not repeatable: ")


@pytest.mark.parametrize("budget", ["soon", "0s", "-1m", ""])
def test_a_budget_that_is_no_time_is_refused(shop, budget):
    ended = shop.dryfit("check", "--budget", budget)
    assert ended.status == 2
    assert f'--budget: found "{budget}"; allowed: a time such as "90s", "5m" or "1h", or "none"' in ended.err


def test_only_what_a_trial_has_shown_can_be_replayed(shop):
    nothing = shop.dryfit("replay", "DF301-000000")
    assert (nothing.status, "no run is kept here" in nothing.err) == (2, True)
    shop.write({"orders.py": "import mail\n\ndef place():\n    mail.send(1, 2)\n"})
    shop.write({"test_orders.py": "def test_nothing(): pass"})
    told = shop.dryfit("check", "--only", "interfaces", "--json", "found.json")
    assert told.status == 1, told.out
    (finding,) = json.loads((shop.root / "found.json").read_text())["findings"]
    refused = shop.dryfit("replay", finding["id"])
    assert refused.status == 2
    assert f"{finding['id']}: no fault was needed for it" in refused.err
    unknown = shop.dryfit("replay", "DF301-000000")
    assert (unknown.status, "no finding of the last run has this id" in unknown.err) == (2, True)


def test_the_report_shows_the_faults_that_were_tried(tried):
    page = (tried[0].root / ".dryfit" / "report.html").read_text(encoding="utf-8")
    assert "the caller got the usual answer, part of the work was done" in page


CLOCK = {
    "conftest.py": """
        from django.conf import settings

        settings.configure(USE_TZ=True)
    """,
    "shelf.py": """
        SHELF = []

        class ShelfFullError(Exception):
            pass

        def put(item):
            if len(SHELF) == 9:
                raise ShelfFullError(item)
            SHELF.append(item)
    """,
    "desk.py": """
        from django.utils import timezone

        import shelf

        def take_in(item):
            shelf.put((timezone.now().year, item))
            return len(shelf.SHELF)
    """,
    "test_desk.py": """
        import datetime
        from unittest import mock

        import desk
        import shelf

        def test_what_comes_is_shelved():
            assert desk.take_in("tea") == 1
            assert shelf.SHELF.pop()[0] > 2020

        def test_it_bears_the_year():
            then = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
            with mock.patch("django.utils.timezone.now", return_value=then):
                desk.take_in("tea")
            assert shelf.SHELF.pop()[0] == 2019
    """,
}


def test_a_function_that_tests_replace_is_no_statement_to_a_database(empty_project):
    """Though it is a library's that is one of those for databases."""
    empty_project.write(CLOCK)
    _, report = findings(empty_project)
    exceptions = report["checks"]["exceptions"]
    assert (exceptions["trials"], exceptions["skipped"]) == (2, [])
