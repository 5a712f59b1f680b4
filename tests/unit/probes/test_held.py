"""Which names count as state."""

from __future__ import annotations

import pytest

from dryfit.probes.held import is_mapped, is_state


@pytest.mark.parametrize("name", ["orders", "_stock", "balance", "sentMails", "blog", "registration"])
def test_what_a_program_keeps(name):
    assert is_state(name)


@pytest.mark.parametrize(
    "name", ["_cache", "retries", "lastError", "LOG", "_REGISTRY", "plugins", "signal_handlers", "__dict__"]
)
def test_what_failures_and_registrations_change_by_their_nature(name):
    assert not is_state(name)


def test_an_attribute_called_state_makes_no_row_of_django_of_an_object():
    class Lift:
        def __init__(self):
            self._state = "open"

    assert not is_mapped(Lift())
