"""Interleavings that a test asks for itself, in sessions of plain pytest, ``pytest --dryfit``, ``dryfit check``."""

from __future__ import annotations

import re

import pytest

BANK = {
    "bank.py": """
        import asyncio
        import threading

        class Account:
            def __init__(self):
                self.balance = 0
                self.paid_in = []
                self.lock = threading.Lock()
                self.turn = asyncio.Lock()

            def pay_in(self, amount):
                before = self.balance
                self.balance = before + amount
                self.paid_in.append(amount)

            def pay_in_alone(self, amount):
                with self.lock:
                    self.pay_in(amount)

            async def pay_in_soon(self, amount):
                before = self.balance
                await asyncio.sleep(0)
                self.balance = before + amount
                self.paid_in.append(amount)

            async def pay_in_soon_alone(self, amount):
                async with self.turn:
                    await self.pay_in_soon(amount)

        def transfer(one, other):
            with one.lock:
                with other.lock:
                    one.balance -= 1
                    other.balance += 1
    """,
    "branch.py": """
        import bank

        def open_account():
            return bank.Account()
    """,
    "conftest.py": """
        import pytest
        import branch

        @pytest.fixture
        def account():
            return branch.open_account()
    """,
}

MARKED = """
    import unittest

    import pytest
    import branch

    @pytest.mark.contention(copies=3, budget=20)
    @pytest.mark.parametrize("way", ["pay_in", "pay_in_alone"])
    def test_nothing_is_lost(account, way):
        getattr(account, way)(5)
        assert account.balance == sum(account.paid_in)

    class TestInAClass:
        @pytest.mark.contention
        def test_some_is_there(self, account):
            account.pay_in(5)
            assert account.balance >= 5

    class TestOfUnittest(unittest.TestCase):
        def setUp(self):
            self.account = branch.open_account()

        @pytest.mark.contention
        def test_nothing_is_lost(self):
            self.account.pay_in(5)
            assert self.account.balance == sum(self.account.paid_in)

    class TestOfUnittestsLoop(unittest.IsolatedAsyncioTestCase):
        def setUp(self):
            self.account = branch.open_account()

        @pytest.mark.contention
        async def test_nothing_is_lost(self):
            await self.account.pay_in_soon(5)
            assert self.account.balance == sum(self.account.paid_in)

    @pytest.mark.contention
    def test_holds_for_one_alone(account):
        account.pay_in(5)
        assert account.balance == 5
"""

FOUND = {
    "test_nothing_is_lost[pay_in]": "failed",
    "test_nothing_is_lost[pay_in_alone]": "passed",
    "TestInAClass::test_some_is_there": "passed",
    "TestOfUnittest::test_nothing_is_lost": "failed",
    "TestOfUnittestsLoop::test_nothing_is_lost": "failed",
    "test_holds_for_one_alone": "failed",
}

LANES = """
E       DF503 broken-under-overlap: three copies of test_nothing_is_lost[pay_in] at once: an assertion of the test
E         2     reads Account.balance: 0  (bank.py:13)
E         3         writes Account.balance: 5 → 10  (bank.py:14)
E         2     raises AssertionError
E       explored: stopped at the first finding
"""


@pytest.fixture
def suite(empty_project):
    """Gives a project with these tests."""

    def made(**tests):
        empty_project.write({**BANK, **{f"{name}.py": text for name, text in tests.items()}})
        return empty_project

    return made


def outcomes(ended):
    """How each test ended, by its name, as ``-rA`` or ``-v`` tells it."""
    told = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL) \S*?\.py::(\S+)", ended.out, re.M)
    return {name: how.lower() for how, name in told}


def test_copies_of_a_test_fail_where_its_assertions_do(suite):
    ended = suite(test_marked=MARKED).pytest("-rA", "--strict-markers")

    assert outcomes(ended) == FOUND, ended.out + ended.err
    for line in LANES.strip().splitlines():
        assert line in ended.out, ended.out
    assert re.search(r"^>\s+assert account.balance == sum\(account.paid_in\)$", ended.out, re.M)
    assert re.search(r"^test_marked.py:\d+: AssertionError$", ended.out, re.M)
    assert "in every interleaving that may matter" in ended.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "2", "--dryfit", "--cov"],
        ["-p", "pytest_randomly"],
        pytest.param(["-n", "2"], marks=pytest.mark.campaign),
        pytest.param(["--dryfit", "--cov"], marks=pytest.mark.campaign),
    ],
    ids=" ".join,
)
def test_other_plugins_get_along(suite, arguments):
    ended = suite(test_marked=MARKED).pytest("-rA", "-k", "TestOf or holds", *arguments)

    some = {name: how for name, how in FOUND.items() if "TestOf" in name or "holds" in name}
    assert outcomes(ended) == some, ended.out + ended.err
    assert "an assertion of the test does not hold" in ended.out


def test_copies_of_an_async_test_are_tasks(suite):
    tests = """
        import asyncio
        import pytest

        @pytest.mark.asyncio
        @pytest.mark.contention
        @pytest.mark.parametrize("way", ["pay_in_soon", "pay_in_soon_alone"])
        async def test_nothing_is_lost(account, way):
            await getattr(account, way)(5)
            assert account.balance == sum(account.paid_in)

        @pytest.mark.asyncio
        @pytest.mark.parametrize("way", ["pay_in_soon", "pay_in_soon_alone"])
        async def test_at_once(account, way, interleave):
            pay_in = getattr(account, way)
            seen = await interleave(lambda: pay_in(5), lambda: pay_in(3))
            assert (account.balance, seen.exhausted) == (8, True)

        @pytest.mark.asyncio
        async def test_goes_on_from_what_operations_gave_to_each_other(interleave):
            jobs = asyncio.Queue()
            for job in (1, 2):
                seen = await interleave(jobs.get, lambda: jobs.put(job))
                assert (seen.outcomes, seen.exhausted, jobs.qsize()) == ((job, None), True, 0)

        @pytest.mark.asyncio
        async def test_forgotten(account, interleave):
            interleave(lambda: account.pay_in_soon(5), lambda: account.pay_in_soon(3))

        @pytest.mark.asyncio
        async def test_nothing_to_await(account, interleave):
            await interleave(lambda: account.pay_in(5), lambda: account.pay_in(3))
    """
    ended = suite(test_async=tests).pytest("-rA", "-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=strict")

    assert outcomes(ended) == {
        "test_nothing_is_lost[pay_in_soon]": "failed",
        "test_nothing_is_lost[pay_in_soon_alone]": "passed",
        "test_at_once[pay_in_soon]": "failed",
        "test_at_once[pay_in_soon_alone]": "passed",
        "test_goes_on_from_what_operations_gave_to_each_other": "passed",
        "test_forgotten": "failed",
        "test_nothing_to_await": "failed",
    }, ended.out + ended.err
    assert re.search(r"^test_async.py:10: AssertionError$", ended.out, re.M), ended.out
    assert "DF501 not-serializable" in ended.out
    assert "write await interleave(...)" in ended.out
    assert "gives something that can be awaited" in ended.out


def test_a_wrong_mark_fails_its_test_in_one_line(suite):
    tests = """
        import pytest

        @pytest.mark.contention(copies="3")
        def test_text():
            pass

        @pytest.mark.contention(3, invarient=2, bugdet=3, budget=0)
        def test_unknown():
            pass

        @pytest.mark.contention
        def test_both(interleave):
            interleave(print, print)

        @pytest.mark.contention(3)
        def test_right():
            pass
    """
    ended = suite(test_wrong=tests).pytest("-rA")

    assert outcomes(ended) == {
        "test_text": "error",
        "test_unknown": "error",
        "test_both": "error",
        "test_right": "passed",
    }
    mark = "@pytest.mark.contention of test_wrong.py::"
    assert f"{mark}test_text: copies: found '3'; allowed: a whole number from 2 to 16\n" in ended.out
    assert (
        f"{mark}test_unknown: invarient: unknown; known are copies and budget; "
        "bugdet: unknown; known are copies and budget; did you mean budget?; "
        "budget: found 0; allowed: a number of interleavings, from 1 on\n"
    ) in ended.out
    assert f"{mark}test_both: the test calls interleave itself: have it do one or the other\n" in ended.out


def test_copies_that_find_another_database_in_each_run_show_their_lanes(suite):
    tests = """
        import asyncio
        import sqlite3
        import branch
        import pytest

        @pytest.fixture
        def file(tmp_path):
            with sqlite3.connect(tmp_path / "guests.db") as connection:
                connection.execute("CREATE TABLE guests (name TEXT)")
            connection.close()
            return tmp_path / "guests.db"

        @pytest.mark.contention
        def test_the_first_guest_is_alone(file):
            assert branch.welcome(file) == 1

        class Own(sqlite3.Connection):
            pass

        @pytest.mark.contention
        @pytest.mark.parametrize("options", [{}, {"factory": Own}], ids=["plain", "own"])
        def test_in_its_own_body(file, options):
            connection = sqlite3.connect(file, isolation_level=None, **options)
            if not connection.execute("SELECT count(*) FROM guests").fetchone()[0]:
                connection.execute("INSERT INTO guests VALUES ('Ann')")
            assert connection.execute("SELECT count(*) FROM guests").fetchone()[0] == 1

        @pytest.fixture
        def opened(file):
            return sqlite3.connect(file)

        @pytest.mark.contention
        def test_opened_elsewhere(opened):
            opened.execute("INSERT INTO guests VALUES ('Ann')")

        def test_what_is_cached_changes_between_lines(file, interleave):
            desk = branch.Desk(file)
            interleave(desk.greet, desk.greet, invariant=lambda: desk.cached == 2)

        def test_nobody_awaits(interleave):
            interleave(asyncio.sleep, asyncio.sleep)

        @pytest.mark.filterwarnings("error")
        def test_nobody_awaits_what_they_give(interleave):
            interleave(lambda: asyncio.sleep(0), lambda: asyncio.sleep(0))
    """
    welcome = """
        import sqlite3

        def welcome(file):
            connection = sqlite3.connect(file, isolation_level=None)
            if not connection.execute("SELECT count(*) FROM guests").fetchone()[0]:
                connection.execute("INSERT INTO guests VALUES ('Ann')")
            guests = connection.execute("SELECT count(*) FROM guests").fetchone()[0]
            connection.close()
            return guests

        class Desk:
            def __init__(self, file):
                self.file = file
                self.cached = 0

            def greet(self):
                sqlite3.connect(self.file).execute("SELECT name FROM guests")
                before = self.cached
                self.cached = before + 1
    """
    project = suite(test_guests=tests)
    project.write({"branch.py": welcome, "conftest.py": ""})
    ended = project.pytest("-rA")

    assert outcomes(ended) == {
        "test_the_first_guest_is_alone": "failed",
        "test_in_its_own_body[plain]": "failed",
        "test_in_its_own_body[own]": "failed",
        "test_opened_elsewhere": "failed",
        "test_what_is_cached_changes_between_lines": "failed",
        "test_nobody_awaits": "failed",
        "test_nobody_awaits_what_they_give": "failed",
    }, ended.out + ended.err
    assert len(re.findall(r"^E +(?:AssertionError: )?assert 2 == 1$", ended.out, re.M)) == 3, ended.out
    assert "let it open its connection itself" in ended.out
    assert "src/dryfit" not in ended.out
    assert "DF503 broken-under-overlap: two copies of test_the_first_guest_is_alone at once" in ended.out
    assert re.search(r"^E +2 +SELECT count\(\*\) FROM guests", ended.out, re.M), ended.out
    said = "TypeError: interleave() takes functions that are not async, in a test that is not"
    assert len(re.findall(rf"^E +{re.escape(said)}", ended.out, re.M)) == 2, ended.out
    assert "never awaited" not in ended.out + ended.err


def test_a_test_that_does_not_pass_alone_says_so_as_ever(suite):
    tests = """
        import pytest

        @pytest.fixture
        def broken():
            raise OSError("no disk")

        @pytest.mark.contention
        def test_skips():
            pytest.skip("not here")

        @pytest.mark.contention
        def test_fails():
            assert 1 == 2

        @pytest.mark.contention
        @pytest.mark.xfail
        def test_is_expected_to_fail(account):
            account.pay_in(5)
            assert account.balance == 5

        @pytest.mark.contention
        def test_has_no_fixture(broken):
            pass
    """
    ended = suite(test_own=tests).pytest("-rA")

    assert {**outcomes(ended), "test_skips": "skipped"} == {
        "test_skips": "skipped",
        "test_fails": "failed",
        "test_is_expected_to_fail": "xfail",
        "test_has_no_fixture": "error",
    }
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in ended.out
    assert "DF503" not in ended.out


def test_each_interleaving_has_fixtures_of_its_own_but_for_the_sessions(suite):
    tests = """
        import pytest

        MADE = []

        @pytest.fixture(scope="session")
        def shared():
            MADE.append("session")

        @pytest.fixture
        def own(tmp_path):
            MADE.append("function")
            assert list(tmp_path.iterdir()) == []
            (tmp_path / "file").touch()
            return []

        @pytest.mark.contention(budget=7)
        def test_own(shared, own, account):
            own.append(1)
            account.pay_in(1)
            assert len(own) <= 2

        def test_count():
            assert MADE[0] == "session"
            assert MADE[1:] == ["function"] * 9
    """
    ended = suite(test_fixtures=tests).pytest()

    assert ended.status == 0, ended.out
    assert "test_fixtures.py::test_own: budget hit after 8 of at least" in ended.out


def test_nothing_is_loaded_where_no_test_asks(suite):
    tests = """
        import sys

        def test_nothing():
            assert not {"dryfit.lab", "dryfit.by_hand", "dryfit.weave"} & set(sys.modules)
    """
    ended = suite(test_bare=tests).python("-m", "pytest")  # not forked from one that has imported it all

    assert ended.status == 0, ended.out


INTERLEAVE = """
    import queue
    import bank
    import pytest

    def test_lost(interleave, account):
        interleave(lambda: account.pay_in(5), lambda: account.pay_in(3))

    def test_kept(interleave, account):
        seen = interleave(lambda: account.pay_in_alone(5), lambda: account.pay_in_alone(3))
        assert account.balance == 8
        assert (seen.exhausted, seen.outcomes) == (True, (None, None))
        assert seen.said == f"exhausted: all of {seen.tried} interleavings"
        account.pay_in(1)
        interleave(account.paid_in.clear, account.paid_in.clear, invariant=lambda: account.balance == 9)
        assert account.paid_in == []

    def test_invariant(interleave, account):
        def nothing_is_lost():
            assert account.balance == sum(account.paid_in)

        interleave(lambda: account.pay_in(5), lambda: account.pay_in(3), invariant=nothing_is_lost)

    def test_deadlock(interleave, account):
        other = bank.Account()
        interleave(lambda: bank.transfer(account, other), lambda: bank.transfer(other, account))

    def test_goes_on_from_what_operations_gave_to_each_other(interleave):
        jobs = queue.Queue()
        for job in (1, 2):
            seen = interleave(jobs.get, lambda: jobs.put(job))
            assert (seen.outcomes, seen.exhausted, jobs.qsize()) == ((job, None), True, 0)

    def test_asked_late(request):
        request.getfixturevalue("interleave")

    def test_refused(interleave, account):
        with pytest.raises(TypeError, match="two operations or more"):
            interleave(lambda: account.pay_in(5))
        with pytest.raises(TypeError, match="invariant= and budget=: invarient= is unknown; did you mean inv"):
            interleave(account.paid_in.clear, account.paid_in.clear, invarient=len)
"""

INTERLEAVED = {
    "test_lost": "failed",
    "test_kept": "passed",
    "test_invariant": "failed",
    "test_deadlock": "failed",
    "test_goes_on_from_what_operations_gave_to_each_other": "passed",
    "test_asked_late": "failed",
    "test_refused": "passed",
}


@pytest.mark.parametrize("arguments", [[], ["--dryfit"]], ids=["plain", "watched"])
def test_operations_are_interleaved_from_where_the_test_stands(suite, arguments):
    ended = suite(test_interleave=INTERLEAVE).pytest("-rA", *arguments)

    assert outcomes(ended) == INTERLEAVED, ended.out + ended.err
    for said in (
        "DF501 not-serializable: operation 1 and operation 2 at once come out as in no order of one after the other",
        "bank.Account.balance: 1 row changed (object=1: value 0 → 8)",
        "the invariant does not hold: AssertionError: assert",
        "DF502 deadlock: operation 1 and operation 2 at once wait for each other and never end",
    ):
        assert said in ended.out, ended.out
    assert re.search(r"^>\s+interleave\(lambda: account.pay_in\(5\), lambda", ended.out, re.M)


def test_check_runs_a_marked_test_once_and_explores_it_in_its_trials(suite):
    tests = """
        import queue
        import pytest

        @pytest.mark.contention(copies=3, budget=20)
        def test_nothing_is_lost(account):
            account.pay_in(5)
            assert account.balance == sum(account.paid_in)

        def test_kept(account, interleave):
            seen = interleave(lambda: account.pay_in_alone(5), lambda: account.pay_in_alone(3))
            assert account.balance == 8
            print("said", seen.said)

        def test_handed_over(interleave):
            jobs = queue.Queue()
            assert interleave(jobs.get, lambda: jobs.put(1)).outcomes == (1, None)
    """
    project = suite(test_marked=tests)
    ended = project.dryfit("check", "--only", "contention", "--json", "out.json", "-rP")

    assert ended.status == 1, ended.out + ended.err
    assert "3 passed" in ended.out
    assert "said exhausted" in ended.out
    assert (
        "test_marked.py::test_handed_over: not run in trials: operations that it gives to interl" in ended.out
    )
    [found] = set(re.findall(r"DF503-\w{6}", ended.out))
    assert project.dryfit("replay", found).out.endswith(f"{found} is shown again\n")
