"""``dryfit rule``: a rule is found by whatever the reader has at hand."""

import pytest
from click.testing import CliRunner

from dryfit.cli.main import commands
from dryfit.cli.rule import named
from dryfit.model.errors import UsageError
from dryfit.model.finding import RULES


@pytest.mark.parametrize("name", ["DF101", "df101", "lossy-transfer", "Lossy-Transfer", "DF101-3fa1c2"])
def test_a_rule_is_found_by_id_name_and_finding(name: str) -> None:
    assert named(name).id == "DF101"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lossy-tranfer", "lossy-tranfer: there is no such rule; did you mean DF101 lossy-transfer?"),
        ("E902", "E902: there is no such rule; `dryfit rule` lists them"),
        ("", ": there is no such rule; `dryfit rule` lists them"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        named(name)
    assert str(raised.value) == told


def test_the_command_prints_one_page_or_the_list() -> None:
    page = CliRunner().invoke(commands, ["rule", "DF207"])
    every = CliRunner().invoke(commands, ["rule"])
    assert (page.exit_code, every.exit_code) == (0, 0)
    assert page.output.startswith("# DF207 component-cycle\n")
    assert len(every.output.splitlines()) == len(RULES)
