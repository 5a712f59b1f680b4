"""Which tests' bodies can be called with the fixtures of another test, told of collected tests."""

from __future__ import annotations

import pytest

from dryfit.lab.shared_fixtures import MIXED, PLAIN, obstacle, own_values

CONFTEST = """
    import pytest

    @pytest.fixture
    def account():
        return {}

    @pytest.fixture(params=["euro", "yen"])
    def money(request):
        return request.param

    @pytest.fixture
    def rich(amount):
        return amount

    @pytest.fixture
    def silent():
        pass
"""

BANK = """
    import unittest, pytest
    from hypothesis import given, strategies

    def test_plain(account):
        pass

    def test_other(account, tmp_path):
        pass

    @pytest.mark.parametrize("amount", [1])
    def test_own_parameter(account, amount):
        pass

    def test_money(money):
        pass

    @pytest.mark.parametrize("amount", [1])
    def test_rich(rich):
        pass

    @pytest.mark.parametrize("account", [{}])
    def test_shadowed(account):
        pass

    @pytest.mark.usefixtures("silent")
    def test_uses(account):
        pass

    async def test_async(account):
        pass

    @given(strategies.just(1))
    def test_drawn(one):
        pass

    class TestClass:
        def test_method(self, account):
            pass

    class TestSetUp:
        def setup_method(self):
            pass

        def test_set_up(self, account):
            pass

    class TestCase(unittest.TestCase):
        def test_case(self):
            pass
"""

BRANCH = """
    import pytest

    @pytest.fixture
    def account():
        return []

    @pytest.fixture
    def vault():
        pass

    def test_overrides(account):
        pass

    def test_vault(vault):
        pass
"""


def test_each_obstacle_has_its_reason(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_bank=BANK, test_branch=BRANCH)
    collected, _ = pytester.inline_genitems()
    items = {item.name: item for item in collected}

    def found(other: str, host: str = "test_plain") -> str:
        return obstacle(items[host], items[other])

    assert {
        name: found(name) for name in ("test_other", "test_own_parameter[1]", "test_method")
    } == dict.fromkeys(("test_other", "test_own_parameter[1]", "test_method"), "")
    assert found("test_money[yen]", "test_money[yen]") == ""
    assert (
        found("test_money[yen]", "test_money[euro]")
        == "the fixture money is parametrized differently in the two tests"
    )
    assert found("test_money[yen]") == "the fixture money is parametrized differently in the two tests"
    assert found("test_rich[1]") == "the fixture amount is parametrized differently in the two tests"
    assert (
        found("test_shadowed[account0]") == "the fixture account is parametrized differently in the two tests"
    )
    assert (
        found("test_uses")
        == found("test_plain", "test_uses")
        == "the fixture silent is at work in one of the tests only"
    )
    assert found("test_set_up").endswith("is at work in one of the tests only")
    assert found("test_overrides") == "the fixture account is another one, or none, in the other test"
    assert found("test_vault") == "the fixture vault is another one, or none, in the other test"
    assert found("test_async") == found("test_plain", "test_async") == MIXED
    assert found("test_case") == found("test_drawn") == found("test_plain", "test_case") == PLAIN
    parametrized = items["test_own_parameter[1]"]
    assert isinstance(parametrized, pytest.Function)
    assert own_values(parametrized) == {"amount": 1}
