"""Settings: which one holds, where it came from, and every mistake at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dryfit.config import CHECKS, Config, FailOn, Setting, find_root, load_config
from dryfit.model.errors import UsageError
from dryfit.model.resource import Declaration

VALUES: dict[str, st.SearchStrategy[object]] = {
    "components": st.lists(st.sampled_from(["shop.*", "shop", "api", "größe._x", "a*.b"]), unique=True),
    "only": st.lists(st.sampled_from(CHECKS), min_size=1, unique=True),
    "fail-on": st.sampled_from(get_args(FailOn)),
    "seed": st.integers(0, 2**63 - 1),
    "replay-fakes": st.booleans(),
}
settings_of_a_user = st.fixed_dictionaries({}, optional=VALUES)


def pyproject(root: Path, text: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return root


def toml(values: dict[str, object]) -> str:
    return "[tool.dryfit]\n" + "".join(
        f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in values.items()
    )


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)


def setting(config: Config, key: str) -> Setting[object]:
    found = getattr(config, key.replace("-", "_"))
    assert isinstance(found, Setting)
    return found


def problems(root: Path, overrides: dict[str, object] | None = None, **environment: str) -> tuple[str, ...]:
    with pytest.raises(UsageError) as caught:
        load_config(root, overrides, environment)
    return caught.value.problems


def test_without_a_file_everything_is_default(tmp_path: Path) -> None:
    assert load_config(tmp_path, {}, {}) == Config(tmp_path)
    assert Config(tmp_path).seed.origin == "default"


def test_without_a_table_everything_is_default(tmp_path: Path) -> None:
    assert load_config(pyproject(tmp_path, "[project]\nname = 'shop'\n"), {}, {}) == Config(tmp_path)


@settings(deadline=None)  # writes files
@given(
    file=settings_of_a_user,
    environment=settings_of_a_user,
    command_line=settings_of_a_user,
    as_words=st.booleans(),
)
def test_what_is_set_comes_back_from_the_strongest_place(
    tmp_path_factory: pytest.TempPathFactory,
    file: dict[str, object],
    environment: dict[str, object],
    command_line: dict[str, object],
    as_words: bool,
) -> None:
    only = next((given["only"] for given in (command_line, environment, file) if "only" in given), CHECKS)
    assume("interfaces" in only or not command_line.get("replay-fakes"))
    root = pyproject(tmp_path_factory.mktemp("project"), toml(file))
    config = load_config(
        root,
        {key: as_text(value) if as_words else value for key, value in command_line.items()},
        {f"DRYFIT_{key.upper().replace('-', '_')}": as_text(value) for key, value in environment.items()},
    )
    for key in VALUES:
        value, origin = getattr(Config(root), key.replace("-", "_")).value, "default"
        if key in file:
            value, origin = file[key], "pyproject.toml"
        if as_text(environment.get(key, "")):
            value, origin = environment[key], f"DRYFIT_{key.upper().replace('-', '_')}"
        if key in command_line:
            value, origin = command_line[key], f"--{key}"
        assert setting(config, key) == Setting(tuple(value) if isinstance(value, list) else value, origin)


def test_an_option_that_was_not_given_decides_nothing(tmp_path: Path) -> None:
    assert load_config(tmp_path, {"seed": None}, {"DRYFIT_SEED": ""}).seed == Setting(0, "default")


def test_the_environment_of_the_process_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYFIT_SEED", "7")
    assert load_config(tmp_path).seed == Setting(7, "DRYFIT_SEED")


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    root = pyproject(
        tmp_path, '[tool.dryfit]\nfail-in = "error"\nseed = "x"\n[tool.dryfit.resources]\ndb = 5\n'
    )
    file = root / "pyproject.toml"
    assert problems(root, {"only": "dta,interfaces,races"}, DRYFIT_FAIL_ON="eror") == (
        f"{file}: [tool.dryfit] fail-in: unknown key; allowed: components, only, fail-on, seed, resources, base,"
        " replay-fakes, budget; did you mean fail-on?",
        f'{file}: [tool.dryfit] seed: found "x"; allowed: a whole number',
        f'{file}: [tool.dryfit] resources: db: found 5; allowed: a kind such as "postgres",'
        " or a table with a kind in it",
        'DRYFIT_FAIL_ON: found "eror"; allowed: error, warning, never; did you mean error?',
        '--only: found "dta"; allowed: some of data, interfaces, exceptions, contention; did you mean data?',
        '--only: found "races"; allowed: some of data, interfaces, exceptions, contention',
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("seed = true", "seed: found true; allowed: a whole number"),
        ("seed = 1.5", "seed: found 1.5; allowed: a whole number"),
        ('components = "shop"', 'components: found "shop"; allowed: a list of dotted names'),
        ("components = {a = 1}", "components: found a table; allowed: a list of dotted names"),
        ('components = ["shop..x"]', 'components: found "shop..x"; allowed: dotted names'),
        ("components = [3]", "components: found 3; allowed: dotted names"),
        ("components = [['a']]", "components: found a list; allowed: dotted names"),
        ("only = []", "only: found no check; allowed: some of data, interfaces, exceptions"),
        ('only = ["performance"]', 'only: found "performance"; allowed: some of data, interfaces, exceptions'),
        ("budget = 60", 'budget: found 60; allowed: a time such as "90s", "5m" or "1h", or "none"'),
        ('budget = "0s"', 'budget: found "0s"; allowed: a time such as'),
        ("fail-on = ['error']", "fail-on: found a list; allowed: error, warning, never"),
        ("replay-fakes = 1", "replay-fakes: found 1; allowed: true or false"),
        ("resources = 5", "resources: found 5; allowed: a table of names with kinds"),
        ("resources = {Db = 'postgres'}", "resources: Db: is no name for a fixture; allowed: small letters"),
        ("resources = {cache = 'redis'}", "resources: cache: is the name of another fixture"),
        ("resources = {db = {}}", 'resources: db: kind: found nothing; allowed: the name of a kind'),
        ("resources.db = {kind = 'x', provider = 3}", "resources: db: provider: found 3; allowed: the name"),
        ("resources.db = {kind = 'x', env = ['A B']}", "resources: db: env: found a list; allowed: the name"),
        ("[tool.dryfit.componets]", "componets: unknown table; allowed: components, only, fail-on, seed, resources"),
    ],
)  # fmt: skip
def test_each_mistake_says_what_was_found_and_what_is_allowed(
    tmp_path: Path, line: str, problem: str
) -> None:
    (found,) = problems(pyproject(tmp_path, f"[tool.dryfit]\n{line}\n"))
    assert found.startswith(f"{tmp_path / 'pyproject.toml'}: [tool.dryfit] {problem}")


def test_resources_are_read_in_their_short_and_their_long_form(tmp_path: Path) -> None:
    root = pyproject(
        tmp_path,
        """
        [tool.dryfit.resources]
        mailbox = "smtp"
        database = { kind = "postgres", provider = "docker", env = "DATABASE_URL", image = "postgres:18" }
        """,
    )
    assert load_config(root, {}, {}).resources == Setting(
        (
            Declaration("mailbox", "smtp"),
            Declaration("database", "postgres", "docker", ("DATABASE_URL",), {"image": "postgres:18"}),
        ),
        "pyproject.toml",
    )


def test_who_knows_the_kinds_has_a_say_beside_all_other_mistakes(tmp_path: Path) -> None:
    root = pyproject(tmp_path, "[tool.dryfit]\nseed = 'x'\n[tool.dryfit.resources]\ndb = 'postgrs'\n")
    with pytest.raises(UsageError) as caught:
        load_config(root, {}, {}, judge=lambda declaration: [f"kind: no {declaration.kind}"])
    assert [problem.partition("[tool.")[2] for problem in caught.value.problems] == [
        'dryfit] seed: found "x"; allowed: a whole number',
        "dryfit.resources] db: kind: no postgrs",
    ]


def test_a_number_that_is_none_on_the_command_line(tmp_path: Path) -> None:
    assert problems(tmp_path, {"seed": "seven"}) == ('--seed: found "seven"; allowed: a whole number',)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[tool.dryfit", "cannot be read as TOML: Expected ']'"),
        (b"\xff", "cannot be read as TOML: 'utf-8' codec"),
        (b"[tool]\ndryfit = 3", "dryfit is 3; a table is needed: [tool.dryfit]"),
        (b"tool = []", "tool is a list; a table is needed: [tool.dryfit]"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    (found,) = problems(tmp_path)
    assert found.startswith(f"{tmp_path / 'pyproject.toml'}: {problem}")


@pytest.mark.parametrize("mark", ["pyproject.toml", "pytest.ini", ".git"])
def test_the_root_is_the_nearest_directory_that_looks_like_one(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).touch()
    (tmp_path / "src" / "shop").mkdir(parents=True)
    assert find_root(tmp_path / "src" / "shop") == tmp_path


def test_without_any_mark_the_root_is_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dryfit.config.ROOT_MARKS", ("no-such-file",))
    assert find_root(tmp_path) == tmp_path


@pytest.mark.parametrize("text", ["yes", "True", "1"])
def test_a_switch_is_true_or_false(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, DRYFIT_REPLAY_FAKES=text) == (
        f'DRYFIT_REPLAY_FAKES: found "{text}"; allowed: true or false',
    )


def test_replays_belong_to_the_interfaces_check(tmp_path: Path) -> None:
    assert load_config(tmp_path, {"replay-fakes": True}, {}).replays_fakes
    told = problems(tmp_path, {"replay-fakes": True}, DRYFIT_ONLY="data")
    assert told == (
        "--replay-fakes: only the interfaces check replays fakes, and DRYFIT_ONLY leaves it out (data);"
        " add interfaces there, or leave the option out",
    )


def test_what_was_configured_once_for_all_is_let_rest(tmp_path: Path) -> None:
    root = pyproject(tmp_path, "[tool.dryfit]\nreplay-fakes = true\n")
    assert load_config(root, {}, {}).replays_fakes
    assert not load_config(root, {"only": "data"}, {}).replays_fakes
