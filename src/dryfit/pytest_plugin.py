"""The face in pytest: ``pytest --dryfit`` watches the seams while the tests run; without the flag nothing is done."""

from __future__ import annotations

import pytest

SESSION = "dryfit-session"
FIXTURES = "dryfit-fixtures"


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
    if config.option.dryfit:
        from dryfit.session import Session

        config.pluginmanager.register(Session.begin(config), SESSION)


def _is_configured(config: pytest.Config) -> bool:
    # Reading the text costs next to nothing; to parse it costs every project that does not use dryfit.
    try:
        return b"tool.dryfit" in (config.rootpath / "pyproject.toml").read_bytes()
    except OSError:
        return False
