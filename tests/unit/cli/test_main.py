"""The commands by name."""

import pytest
from click.testing import CliRunner

from dryfit.cli.main import commands
from dryfit.model.errors import UsageError


@pytest.mark.parametrize(
    ("name", "told"),
    [("chek", "chek: there is no such command; did you mean check?"), ("fly", "there are check, map, ")],
)
def test_an_unknown_command_is_told_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(commands, [name], catch_exceptions=False)
    assert told in str(raised.value)
