"""The face in pytest: ``pytest --dryfit`` watches the seams while the tests run; without the flag nothing is done."""

from __future__ import annotations

import pytest

SESSION = "dryfit-session"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the flag."""
    group = parser.getgroup("dryfit", "see where modules do not fit together")
    group.addoption(
        "--dryfit", action="store_true", help="watch the seams between components while the tests run"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin only where the flag is given; all else is imported then."""
    if config.option.dryfit:
        from dryfit.session import Session

        config.pluginmanager.register(Session.begin(config), SESSION)
