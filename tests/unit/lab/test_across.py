"""Operations of two tests at once: the body of one is called with the fixtures of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from dryfit.lab.instruments import STANDARD
from dryfit.lab.lab import Lab
from dryfit.model.interleaving import Explored, Operation, Overlap
from dryfit.model.trial import Trial

BANK = {
    "pyproject.toml": """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
    """,
    "bank.py": """
        balance = {}

        def withdraw(amount):
            balance["Ann"] -= amount
            return balance["Ann"]

        def close():
            rest, balance["Ann"] = balance["Ann"], 0
            return rest

        async def withdraw_later(amount):
            return withdraw(amount)

        async def close_later():
            return close()
    """,
    "conftest.py": """
        import pytest, bank

        @pytest.fixture(autouse=True)
        def account():
            bank.balance["Ann"] = 100

        @pytest.fixture
        def picky(request):
            assert request.node.name == "test_picky", "this is for somebody else"

        @pytest.fixture
        async def fee():
            return 1
    """,
    "test_bank.py": """
        import asyncio, bank, pytest

        def test_withdraw():
            bank.withdraw(10)
            assert bank.withdraw(30) == 60

        def test_close(account):
            bank.withdraw(1)
            assert bank.close() == 99

        @pytest.mark.parametrize("fee", [5])
        def test_fee(fee):
            assert bank.withdraw(fee) == 95

        @pytest.mark.parametrize("amount", [5])
        def test_amount(amount):
            assert bank.withdraw(amount) == 95

        class TestBranch:
            def test_close(self):
                assert bank.close() == 100 or self

        def test_new():
            assert bank.balance["Ann"] == 100
            bank.close()

        def test_catches_all():
            try:
                bank.close()
            except:
                raise KeyError("something went wrong")

        def test_picky(picky):
            bank.close()

        def test_runs_a_loop():
            asyncio.run(bank.withdraw_later(10))
            assert asyncio.run(bank.withdraw_later(30)) == 60

        def test_runs_another_loop():
            asyncio.run(bank.withdraw_later(1))
            assert asyncio.run(bank.close_later()) == 99

        async def test_withdraw_later():
            await bank.withdraw_later(10)
            assert await bank.withdraw_later(30) == 60

        async def test_close_later(fee):
            bank.withdraw(fee)
            assert await bank.close_later() == 99
    """,
}

HOSTS = {
    "test_withdraw": "bank.withdraw",
    "test_runs_a_loop": "bank.withdraw_later",
    "test_withdraw_later": "bank.withdraw_later",
}

OTHERS = {
    "test_close": 1,
    "test_fee[5]": 0,
    "test_amount[5]": 0,
    "TestBranch::test_close": 0,
    "test_new": 0,
    "test_catches_all": 0,
    "test_picky": 0,
    "test_runs_another_loop": 1,
    "test_close_later": 1,
    "test_gone": 0,
}


def with_each_other(baseline: Trial) -> Iterable[Overlap]:
    """The second operation of a test, with one of each other test."""
    host = baseline.test.partition("::")[2]
    for other, nth in OTHERS.items() if host in HOSTS else ():
        yield Overlap(
            baseline.test,
            (
                Operation("call", 1, HOSTS[host], test=baseline.test),
                Operation("call", nth, other, test=f"test_bank.py::{other}"),
            ),
        )


@pytest.fixture(scope="module")
def explored(lab_on: Callable[..., Lab]) -> dict[tuple[str, str], Explored]:
    """What was explored, by the names of the two tests."""
    result = lab_on(BANK, plugins=["pytest_asyncio.plugin"], instruments=STANDARD).run(with_each_other)
    found = {}
    for first, _, trials in result.trials:
        for trial in trials:
            assert isinstance(trial.experiment, Overlap)
            assert trial.explored is not None
            assert trial.void == ""
            other = trial.experiment.others[0].partition("::")[2]
            found[first.test.partition("::")[2], other] = trial.explored
    return found


def serial(explored: Explored) -> list[list[str]]:
    """What both operations return, in each order."""
    assert explored.void == ""
    return [[ended.told[0][1] for ended in first.ended if ended] for first, _ in explored.serial]


@pytest.mark.parametrize(
    ("tests", "given"),
    [
        (("test_withdraw", "test_close"), [["59", "59"], ["-30", "89"]]),
        (("test_withdraw", "test_amount[5]"), [["60", "55"], ["55", "85"]]),
        (("test_withdraw", "TestBranch::test_close"), [["60", "60"], ["-30", "90"]]),
        (("test_withdraw", "test_catches_all"), [["60", "60"], ["-30", "90"]]),
        (("test_withdraw_later", "test_close_later"), [["59", "59"], ["-30", "89"]]),
        (("test_runs_a_loop", "test_runs_another_loop"), [["59", "59"], ["-30", "89"]]),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_both_run_from_the_state_that_both_tests_have_prepared(
    explored: dict[tuple[str, str], Explored], tests: tuple[str, str], given: list[list[str]]
) -> None:
    assert serial(explored[tests]) == given
    assert explored[tests].exhausted


@pytest.mark.parametrize(
    ("tests", "void"),
    [
        (("test_withdraw", "test_fee[5]"), "the fixture fee is parametrized differently in the two tests"),
        (
            ("test_withdraw", "test_new"),
            "the other test fails where it comes second: AssertionError: assert 90 == 100",
        ),
        (
            ("test_withdraw", "test_picky"),
            "the fixtures of one test cannot be had within the other: AssertionError: this is for somebody else",
        ),
        (("test_withdraw", "test_close_later"), "one of the tests is asynchronous, and the other is not"),
        (("test_withdraw", "test_gone"), "test_bank.py::test_gone was not collected"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_run_so_is_void_with_the_reason(
    explored: dict[tuple[str, str], Explored], tests: tuple[str, str], void: str
) -> None:
    assert explored[tests].void == void
    assert explored[tests].others == ()
