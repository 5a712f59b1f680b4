"""What the user has set: one frozen model, in which every value knows where it came from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Generic, Literal, TypeVar, cast, get_args

from dryfit.model.errors import UsageError
from dryfit.model.resource import Declaration
from dryfit.model.rule import RULES, CheckName

T = TypeVar("T")

FailOn = Literal["error", "warning", "never"]

CHECKS: tuple[CheckName, ...] = tuple(dict.fromkeys(rule.check for rule in RULES))
"""The checks that this version has."""

ROOT_MARKS = ("pyproject.toml", "pytest.ini", ".git")


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value and its origin: ``default``, ``pyproject.toml``, ``DRYFIT_SEED``, ``--seed``; the later of these wins."""

    value: T
    origin: str = "default"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set.

    ``components`` are dotted names, ``*`` stands for any part of one; empty means that they are found from the source.
    ``only`` are the checks to run. ``fail_on`` is the least severity that fails a run. ``seed`` decides what is random.
    ``resources`` are the services that the tests need.
    ``base`` is the git revision that the interfaces are compared with, or "".
    ``replay_fakes`` says whether hand-written fakes are run again with what the real callables got.
    ``budget`` is for how many seconds trials are begun; 0 is without end.
    """

    root: Path
    components: Setting[tuple[str, ...]] = Setting(())
    only: Setting[tuple[CheckName, ...]] = Setting(CHECKS)
    fail_on: Setting[FailOn] = Setting("error")
    seed: Setting[int] = Setting(0)
    resources: Setting[tuple[Declaration, ...]] = Setting(())
    base: Setting[str] = Setting("")
    replay_fakes: Setting[bool] = Setting(False)
    budget: Setting[float] = Setting(60.0)

    @property
    def replays_fakes(self) -> bool:
        """Whether fakes are replayed: only the interfaces check makes use of it."""
        return self.replay_fakes.value and "interfaces" in self.only.value


def find_root(start: Path) -> Path:
    """The nearest directory, from ``start`` upwards, that looks like a project's root; ``start`` where none does."""
    start = start.absolute()
    for directory in (start, *start.parents):
        if any((directory / mark).exists() for mark in ROOT_MARKS):
            return directory
    return start


Judge = Callable[[Declaration], Iterable[str]]
"""Says what is wrong with a declared resource: only the room of the resources knows their kinds."""


def load_config(
    root: Path,
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    judge: Judge = lambda declaration: (),
) -> Config:
    """What holds for the project at ``root``: command line over environment over ``pyproject.toml`` over default.

    ``overrides`` are the command line's options by the names of the settings (``fail-on``); ``None`` is not given.
    Raises one ``UsageError`` with a line for everything that is wrong, wherever it stands.
    """
    problems: list[str] = []
    found: dict[str, Setting[object]] = {}
    for given in chain(
        _from_file(root / "pyproject.toml", problems),
        _from_environment(os.environ if environment is None else environment),
        _from_command_line(overrides or {}),
    ):
        try:
            found[given.key] = Setting(_READERS[given.key](given.value), given.origin)
        except _SettingError as wrong:
            problems += [f"{given.place}: {text}" for text in wrong.args]
    config = _config(root, found)
    for declaration in config.resources.value:
        place = f"{root / 'pyproject.toml'}: [tool.dryfit.resources] {declaration.name}"
        problems += [f"{place}: {text}" for text in judge(declaration)]
    problems += _unheeded(config)
    if problems:
        raise UsageError(*problems, slug="configuration")
    return config


@dataclass(frozen=True, slots=True)
class _Given:
    key: str
    value: object
    origin: str
    place: str


class _SettingError(Exception):
    """One text for each thing that is wrong with a value: what was found, what is allowed, what is nearest."""


def _config(root: Path, found: Mapping[str, Setting[object]]) -> Config:
    default = Config(root)
    return Config(
        root,
        components=cast(Setting[tuple[str, ...]], found.get("components", default.components)),
        only=cast(Setting[tuple[CheckName, ...]], found.get("only", default.only)),
        fail_on=cast(Setting[FailOn], found.get("fail-on", default.fail_on)),
        seed=cast(Setting[int], found.get("seed", default.seed)),
        resources=cast(Setting[tuple[Declaration, ...]], found.get("resources", default.resources)),
        base=cast(Setting[str], found.get("base", default.base)),
        replay_fakes=cast(Setting[bool], found.get("replay-fakes", default.replay_fakes)),
        budget=cast(Setting[float], found.get("budget", default.budget)),
    )


def _unheeded(config: Config) -> Iterator[str]:
    """What was asked for just now, and would not be done."""
    asked = config.replay_fakes
    if asked.origin == "--replay-fakes" and asked.value and not config.replays_fakes:
        only = config.only
        yield (
            f"--replay-fakes: only the interfaces check replays fakes, and {only.origin} leaves it out"
            f" ({', '.join(only.value)}); add interfaces there, or leave the option out"
        )


# -- where values come from ------------------------------------------------------------------------


def _from_file(path: Path, problems: list[str]) -> Iterator[_Given]:
    for key, value in _table(path, problems).items():
        if key in _READERS:
            yield _Given(key, value, path.name, f"{path}: [tool.dryfit] {key}")
        else:
            kind = "table" if isinstance(value, dict) else "key"
            problems.append(
                f"{path}: [tool.dryfit] {key}: unknown {kind}; allowed: {', '.join(_READERS)}"
                + nearest(key, tuple(_READERS))
            )


def _table(path: Path, problems: list[str]) -> Mapping[str, object]:
    import tomllib  # only here: who sets nothing need not wait for it

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for name in ("tool", "dryfit"):
            table = table.get(name, {})
            if not isinstance(table, dict):
                problems.append(f"{path}: {name} is {shown(table)}; a table is needed: [tool.dryfit]")
                return {}
    except (OSError, ValueError) as error:
        problems.append(f"{path}: cannot be read as TOML: {error}")
        return {}
    return table


def _from_environment(environment: Mapping[str, str]) -> Iterator[_Given]:
    for key in _READERS.keys() - {"resources"}:  # a table is too much for a variable
        name = f"DRYFIT_{key.upper().replace('-', '_')}"
        if text := environment.get(name, ""):
            yield _Given(key, _parsed(key, text), name, name)


def _from_command_line(overrides: Mapping[str, object]) -> Iterator[_Given]:
    for key, value in overrides.items():
        if value is not None:
            yield _Given(
                key, _parsed(key, value) if isinstance(value, str) else value, f"--{key}", f"--{key}"
            )


def _parsed(key: str, text: str) -> object:
    """A value that came as text, as the file would give it."""
    if key in ("components", "only"):
        return [part.strip() for part in text.split(",") if part.strip()]
    if key == "seed" and re.fullmatch(r"[+-]?\d{1,20}", text):
        return int(text)
    if key == "replay-fakes" and text in ("true", "false"):
        return text == "true"
    return text


# -- what is allowed -------------------------------------------------------------------------------


def _components(value: object) -> tuple[str, ...]:
    allowed = 'dotted names, * for any part of one, such as ["shop.*"]'
    return _each(value, lambda name: re.fullmatch(r"[\w*]+(\.[\w*]+)*", name) is not None, allowed, ())


def _only(value: object) -> tuple[CheckName, ...]:
    names = _each(value, CHECKS.__contains__, f"some of {', '.join(CHECKS)}", CHECKS)
    if not names:
        raise _SettingError(f"found no check; allowed: some of {', '.join(CHECKS)}")
    return cast(tuple[CheckName, ...], names)


def _fail_on(value: object) -> FailOn:
    allowed = get_args(FailOn)
    if value not in allowed:
        raise _SettingError(f"found {shown(value)}; allowed: {', '.join(allowed)}{nearest(value, allowed)}")
    return cast(FailOn, value)


def _seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _SettingError(f"found {shown(value)}; allowed: a whole number")
    return value


def _base(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _SettingError(f"found {shown(value)}; allowed: a git revision, such as origin/main")
    return value


def _replay_fakes(value: object) -> bool:
    if not isinstance(value, bool):
        raise _SettingError(f"found {shown(value)}; allowed: true or false")
    return value


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _budget(value: object) -> float:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if value == "none":
        return 0.0
    if found is None or float(found[1]) == 0:
        raise _SettingError(f'found {shown(value)}; allowed: a time such as "90s", "5m" or "1h", or "none"')
    return float(found[1]) * _SECONDS[found[2]]


_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


_TAKEN = frozenset(
    {
        "cache",
        "capfd",
        "caplog",
        "capsys",
        "doctest_namespace",
        "monkeypatch",
        "pytestconfig",
        "recwarn",
        "request",
    }
    | {"subtests", "testdir", "tmp_path", "tmpdir", "clock", "make", "uuids"}
)
"""Fixtures that pytest and dryfit bring themselves."""


def _resources(value: object) -> tuple[Declaration, ...]:
    if not isinstance(value, dict):
        raise _SettingError(f"found {shown(value)}; allowed: a table of names with kinds")
    wrong: list[str] = []
    found: list[Declaration] = []
    for name, given in value.items():
        table = {"kind": given} if isinstance(given, str) else given
        problems = list(_wrong_resource(name, table))
        wrong += [f"{name}: {text}" for text in problems]
        if not problems:
            found.append(_declaration(name, table))
    if wrong:
        raise _SettingError(*wrong)
    return tuple(found)


def _wrong_resource(name: str, table: object) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "is no name for a fixture; allowed: small letters, digits and _"
    if name in _TAKEN:
        yield "is the name of another fixture; choose one that says what the program uses it for"
    if not isinstance(table, dict):
        yield f'found {shown(table)}; allowed: a kind such as "postgres", or a table with a kind in it'
        return
    if not isinstance(table.get("kind"), str):
        found = shown(table["kind"]) if "kind" in table else "nothing"
        yield f'kind: found {found}; allowed: the name of a kind, such as "postgres"'
    if not isinstance(table.get("provider", ""), str):
        yield f'provider: found {shown(table["provider"])}; allowed: the name of a provider, such as "docker"'
    variables = _listed(table.get("env", []))
    if not all(isinstance(each, str) and _VARIABLE.fullmatch(each) for each in variables):
        yield f"env: found {shown(table['env'])}; allowed: the name of a variable of the environment, or a list of them"


def _declaration(name: str, table: Mapping[str, object]) -> Declaration:
    options = {key: value for key, value in table.items() if key not in ("kind", "provider", "env")}
    env = cast(tuple[str, ...], _listed(table.get("env", [])))
    return Declaration(name, str(table["kind"]), str(table.get("provider", "embedded")), env, options)


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _each(
    value: object, good: Callable[[str], bool], allowed: str, names: tuple[str, ...]
) -> tuple[str, ...]:
    """A list of distinct texts, each of them ``good``; ``names`` are what a misspelt one may have meant."""
    if not isinstance(value, list | tuple):
        raise _SettingError(f"found {shown(value)}; allowed: a list of {allowed}")
    bad = [item for item in value if not (isinstance(item, str) and good(item))]
    if bad:
        raise _SettingError(*(f"found {shown(item)}; allowed: {allowed}{_hint(item, names)}" for item in bad))
    return tuple(dict.fromkeys(value))


_READERS: Mapping[str, Callable[[object], object]] = {
    "components": _components,
    "only": _only,
    "fail-on": _fail_on,
    "seed": _seed,
    "resources": _resources,
    "base": _base,
    "replay-fakes": _replay_fakes,
    "budget": _budget,
}


def _hint(item: object, names: tuple[str, ...]) -> str:
    if names and item in get_args(CheckName):
        return "; that check belongs to a later version of dryfit"
    return nearest(item, names)


def nearest(word: object, names: tuple[str, ...]) -> str:
    """The end of an error's line: the name that was probably meant; "" where none is near."""
    from difflib import get_close_matches  # only for a mistake

    close = get_close_matches(str(word), names, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def shown(value: object) -> str:
    """A value of TOML, as a line about it shows it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "a table"
    return (
        "a list" if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
    )
