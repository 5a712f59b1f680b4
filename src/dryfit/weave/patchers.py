"""Hears what tests put in place of what, and take out again: by ``patch``, ``patch.dict`` and ``monkeypatch``."""

from __future__ import annotations

import inspect
import unittest.mock as mock
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, Protocol

from dryfit.model.crossing import Callee
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.replaced import target_of
from dryfit.weave.weaver import Weaver

__tracebackhide__ = True


class Standing(Protocol):
    """Who is told. ``target`` is a module, class or object."""

    def put(self, new: object, original: object, target: object, attribute: str) -> None:
        """``new`` stands for ``original`` from now on."""

    def put_in_dict(self, new: object, original: object) -> None:
        """The same for a value of a dictionary."""

    def take(self, new: object, place: str) -> None:
        """``new`` stands no more in the place that bears this dotted name, "" for a dictionary."""


class Patchers:
    """Weaves them, and tells ``standing``."""

    def __init__(self, loop: Loop, weaver: Weaver, standing: Standing) -> None:
        self._loop = loop
        self._weaver = weaver
        self._standing = standing

    def weave(self, here: Callee) -> None:
        """Weave the places at which stand-ins are put in place, and taken out."""
        patcher = mock._patch  # what `patch` makes
        self._weaver.weave(patcher.__enter__, here, cross=self._patch_begins)
        self._weaver.weave(patcher.__exit__, here, cross=self._patch_ends)
        self._weaver.weave(mock._patch_dict._patch_dict, here, cross=self._patch_dict_begins)  # type: ignore[attr-defined]
        self._weaver.weave(mock._patch_dict._unpatch_dict, here, cross=self._patch_dict_ends)  # type: ignore[attr-defined]
        from _pytest.monkeypatch import MonkeyPatch  # only where tests run is there a monkeypatch

        self._weaver.weave(_function(MonkeyPatch.setattr), here, cross=self._monkeypatch_sets)
        self._weaver.weave(_function(MonkeyPatch.undo), here, cross=self._monkeypatch_undoes)

    def _patch_begins(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        new = woven.function(*values)
        patcher = values[0]
        with self._aside():
            current = inspect.getattr_static(patcher.target, patcher.attribute, None)
            self._standing.put(current, patcher.temp_original, patcher.target, patcher.attribute)
        return new

    def _patch_ends(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        patcher = values[0]
        target = getattr(patcher, "target", None)
        current = inspect.getattr_static(target, patcher.attribute, None)
        try:
            return woven.function(*values)
        finally:
            with self._aside():
                self._standing.take(current, target_of(target, patcher.attribute))

    def _patch_dict_begins(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        result = woven.function(*values)
        patcher = values[0]
        with self._aside():
            for original, new in _exchanged(patcher._original, patcher.values):
                self._standing.put_in_dict(new, original)
        return result

    def _patch_dict_ends(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        patcher = values[0]
        with self._aside():
            for _, new in _exchanged(patcher._original, patcher.values):
                self._standing.take(new, "")
        return woven.function(*values)

    def _monkeypatch_sets(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        monkeypatch = values[0]
        before = len(monkeypatch._setattr)
        result = woven.function(*values)
        with self._aside():
            for target, name, old in monkeypatch._setattr[before:]:
                self._standing.put(inspect.getattr_static(target, name, None), old, target, name)
        return result

    def _monkeypatch_undoes(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        below: dict[tuple[int, str], object] = {}
        with self._aside():
            for target, name, old in reversed(values[0]._setattr):
                key = (id(target), name)
                new = below[key] if key in below else inspect.getattr_static(target, name, None)
                self._standing.take(new, target_of(target, name))
                below[key] = old
        return woven.function(*values)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """What fails in here is dryfit's own failure: the user's stand-in is put in place all the same."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see above
            self._loop.missed(error)


def _function(method: Any) -> FunctionType:
    function: FunctionType = inspect.unwrap(method)
    return function


def _exchanged(old: object, new: object) -> Iterator[tuple[object, object]]:
    """What is callable among the values of a dictionary, with what takes its place."""
    if type(old) is dict and type(new) is dict:
        yield from ((old[key], value) for key, value in new.items() if key in old and callable(old[key]))
