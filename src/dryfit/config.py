"""What the user has set: one frozen model, in which every value knows where it came from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Generic, Literal, TypeVar, cast, get_args

from dryfit.model.errors import UsageError
from dryfit.model.finding import RULES, CheckName

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
    """

    root: Path
    components: Setting[tuple[str, ...]] = Setting(())
    only: Setting[tuple[CheckName, ...]] = Setting(CHECKS)
    fail_on: Setting[FailOn] = Setting("error")
    seed: Setting[int] = Setting(0)


def find_root(start: Path) -> Path:
    """The nearest directory, from ``start`` upwards, that looks like a project's root; ``start`` where none does."""
    start = start.absolute()
    for directory in (start, *start.parents):
        if any((directory / mark).exists() for mark in ROOT_MARKS):
            return directory
    return start


def load_config(
    root: Path, overrides: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None
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
    if problems:
        raise UsageError(*problems, slug="configuration")
    return _config(root, found)


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
    )


# -- where values come from ------------------------------------------------------------------------


def _from_file(path: Path, problems: list[str]) -> Iterator[_Given]:
    for key, value in _table(path, problems).items():
        if key in _READERS:
            yield _Given(key, value, path.name, f"{path}: [tool.dryfit] {key}")
        elif key == "resources":
            problems.append(
                f"{path}: [tool.dryfit.resources] belongs to a later version of dryfit, and this one would not"
                " heed it; remove the table"
            )
        else:
            kind = "table" if isinstance(value, dict) else "key"
            problems.append(
                f"{path}: [tool.dryfit] {key}: unknown {kind}; allowed: {', '.join(_READERS)}"
                + _nearest(key, tuple(_READERS))
            )


def _table(path: Path, problems: list[str]) -> Mapping[str, object]:
    import tomllib  # only here: who sets nothing need not wait for it

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for name in ("tool", "dryfit"):
            table = table.get(name, {})
            if not isinstance(table, dict):
                problems.append(f"{path}: {name} is {_shown(table)}; a table is needed: [tool.dryfit]")
                return {}
    except (OSError, ValueError) as error:
        problems.append(f"{path}: cannot be read as TOML: {error}")
        return {}
    return table


def _from_environment(environment: Mapping[str, str]) -> Iterator[_Given]:
    for key in _READERS:
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
        raise _SettingError(f"found {_shown(value)}; allowed: {', '.join(allowed)}{_nearest(value, allowed)}")
    return cast(FailOn, value)


def _seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _SettingError(f"found {_shown(value)}; allowed: a whole number")
    return value


def _each(
    value: object, good: Callable[[str], bool], allowed: str, names: tuple[str, ...]
) -> tuple[str, ...]:
    """A list of distinct texts, each of them ``good``; ``names`` are what a misspelt one may have meant."""
    if not isinstance(value, list | tuple):
        raise _SettingError(f"found {_shown(value)}; allowed: a list of {allowed}")
    bad = [item for item in value if not (isinstance(item, str) and good(item))]
    if bad:
        raise _SettingError(
            *(f"found {_shown(item)}; allowed: {allowed}{_hint(item, names)}" for item in bad)
        )
    return tuple(dict.fromkeys(value))


_READERS: Mapping[str, Callable[[object], object]] = {
    "components": _components,
    "only": _only,
    "fail-on": _fail_on,
    "seed": _seed,
}


def _hint(item: object, names: tuple[str, ...]) -> str:
    if names and item in get_args(CheckName):
        return "; that check belongs to a later version of dryfit"
    return _nearest(item, names)


def _nearest(word: object, names: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only for a mistake

    close = get_close_matches(str(word), names, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "a table"
    return (
        "a list" if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
    )
