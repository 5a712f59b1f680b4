"""The environment of pytest sessions that tests start: loading all that happens to be installed would take seconds."""

from __future__ import annotations


def only(*plugins: str) -> dict[str, str]:
    """Environment variables with which pytest loads dryfit's plugin and these, by module, and no other."""
    return {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": ",".join(["dryfit.pytest_plugin", *plugins]),
    }
