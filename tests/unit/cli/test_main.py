"""The commands by name."""

from pathlib import Path
from typing import NoReturn

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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["map", "--jsn"], "map: --jsn: there is no such option; there are --format, --output, --help"),
        (["--versoin"], "--versoin: there is no such option; did you mean --version?"),
        (["replay"], "replay: Missing argument 'FINDING'"),
        (["env", "upp"], "env: No such command 'upp'"),
    ],
)
def test_wrong_usage_is_told_in_one_line(arguments: list[str], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert str(raised.value).startswith(told)
    assert len(raised.value.problems) == 1


def test_options_of_check_that_pytest_does_not_know_either_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(
            commands, ["check", "--bugdet=5s", "--maxfail=2", "--xyzzy", "-s"], catch_exceptions=False
        )
    assert raised.value.problems == (
        "--bugdet: neither dryfit check nor pytest has such an option; did you mean --budget?",
        "--xyzzy: neither dryfit check nor pytest has such an option; see `dryfit check --help` and `pytest --help`",
    )


def test_ctrl_c_is_told_as_such_wherever_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(commands), "get_command", break_off)
    ended = CliRunner().invoke(commands, ["map"])
    assert (ended.exit_code, ended.stderr) == (130, "dryfit: interrupted\n")


def break_off(*arguments: object) -> NoReturn:
    raise KeyboardInterrupt
