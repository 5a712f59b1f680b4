"""The face in pytest: ``pytest --dryfit`` watches the seams while the tests run; without the flag nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dryfit.by_hand import ByHand
    from dryfit.lab.interleave import Interleave

SESSION = "dryfit-session"
FIXTURES = "dryfit-fixtures"
BY_HAND = "dryfit-by-hand"
EXPLORED = "dryfit_explored"
"""The property of a test that says how many of its interleavings were tried."""

MARK = (
    "contention(copies=2, budget=None): run so many copies of the test at once, in every interleaving; its own "
    "assertions have to hold in each of them (dryfit)"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the flag."""
    group = parser.getgroup("dryfit", "see where modules do not fit together")
    group.addoption(
        "--dryfit", action="store_true", help="watch the seams between components while the tests run"
    )
    group.addoption(
        "--sealed",
        action="store_true",
        help="let connections lead to declared resources and loopback only, while the tests run",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Open the declared resources before the project's code, which may ask for their variables, is imported."""
    if early_config.known_args_namespace.sealed or _is_configured(early_config):
        from dryfit.fixtures import Fixtures

        early_config.pluginmanager.register(Fixtures.begin(early_config), FIXTURES)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin only where the flag is given; all else is imported then."""
    config.addinivalue_line("markers", MARK)
    if config.option.dryfit:
        from dryfit.session import Session

        config.pluginmanager.register(Session.begin(config), SESSION)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Explore where a test asks for it; all else is imported then."""
    if any(_asks(item) for item in session.items):
        from dryfit.by_hand import ByHand

        plugins = session.config.pluginmanager
        if not plugins.is_blocked(BY_HAND):
            plugins.register(ByHand(session, plugins.get_plugin(SESSION), EXPLORED), BY_HAND)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was explored where tests have asked for it, in this process or in workers."""
    told = {
        report.nodeid: str(said)
        for report in terminalreporter.stats.get("passed", ())
        for name, said in getattr(report, "user_properties", ())
        if name == EXPLORED
    }
    if told:
        from dryfit.by_hand import summary

        for number, line in enumerate(summary(told)):
            if number == 0:
                terminalreporter.section("contention")
            terminalreporter.write_line(line)


@pytest.fixture
def interleave(request: pytest.FixtureRequest) -> Interleave:
    """Run operations at once, in every interleaving: ``interleave(op1, op2, ..., invariant=None)``."""
    from dryfit.lab.interleave import Interleave

    plugins = request.config.pluginmanager
    if plugins.is_blocked(BY_HAND):
        return Interleave(request.node.nodeid)
    if not _asks(request.node):
        pytest.fail(
            "interleave has to be an argument of the test, or of a fixture of its, to be explored",
            pytrace=False,
        )
    by_hand: ByHand | None = plugins.get_plugin(BY_HAND)
    assert by_hand is not None
    return by_hand.interleave


def _asks(item: pytest.Item) -> bool:
    return item.get_closest_marker("contention") is not None or "interleave" in getattr(
        item, "fixturenames", ()
    )


def _is_configured(config: pytest.Config) -> bool:
    # Reading the text costs next to nothing; to parse it costs every project that does not use dryfit.
    try:
        return b"tool.dryfit" in (config.rootpath / "pyproject.toml").read_bytes()
    except OSError:
        return False
