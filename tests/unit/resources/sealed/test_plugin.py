"""What the plugin of a sealed session does in which order."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from dryfit.resources.sealed.hook import Hook
from dryfit.resources.sealed.plugin import Sealing
from dryfit.resources.sealed.seal import Seal


@pytest.mark.parametrize("is_first", [True, False])
def test_the_seal_is_opened_when_all_have_given_back_what_they_had(is_first: bool) -> None:
    order: list[str] = []

    class Resources:
        @pytest.hookimpl(trylast=True)
        def pytest_unconfigure(self) -> None:
            order.append("given back")

    opened, servers = ExitStack(), ExitStack()
    opened.callback(order.append, "opened")
    servers.callback(order.append, "let go")
    sealing = Sealing(Seal("", Hook(frozenset()), opened), servers)
    manager = pytest.PytestPluginManager()
    for plugin in (sealing, Resources()) if is_first else (Resources(), sealing):
        manager.register(plugin)
    manager.hook.pytest_unconfigure(config=None)
    assert order == ["given back", "opened", "let go"]
