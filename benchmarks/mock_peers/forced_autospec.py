"""A pytest plugin: every stand-in is specified by what it replaces, as if nobody ever forgot ``autospec=True``.

``patch`` without a replacement of one's own makes an automatic specification. A bare mock or a function that ``patch``
or ``monkeypatch`` puts in place is called through the signature of what it replaces. Nothing is known of a mock that
is handed to the program as an argument.
"""

from __future__ import annotations

import inspect
import unittest.mock as mock
from collections.abc import Callable
from pkgutil import resolve_name
from types import FunctionType
from typing import Any

import pytest

_enter_patch: Callable[[Any], object] = mock._patch.__enter__
_setattr: Callable[..., None] = pytest.MonkeyPatch.setattr


def pytest_configure() -> None:
    """Take the place of ``patch`` and ``monkeypatch``."""
    mock._patch.__enter__ = _enter_specified
    pytest.MonkeyPatch.setattr = _setattr_specified


def pytest_unconfigure() -> None:
    """Give back what was there."""
    mock._patch.__enter__ = _enter_patch
    pytest.MonkeyPatch.setattr = _setattr


def _enter_specified(patcher: Any) -> object:
    if patcher.new is not mock.DEFAULT:
        patcher.new = _specified(getattr(patcher.getter(), patcher.attribute, None), patcher.new)
    elif not any((patcher.spec, patcher.spec_set, patcher.autospec, patcher.new_callable)):
        patcher.autospec = True
    return _enter_patch(patcher)


def _setattr_specified(
    monkeypatch: pytest.MonkeyPatch, target: Any, *values: Any, raising: bool = True
) -> None:
    *where, new = values
    if isinstance(target, str):
        owner, _, name = target.rpartition(".")
        original = getattr(resolve_name(owner), name, None)
    else:
        original = getattr(target, where[0], None)
    _setattr(monkeypatch, target, *where, _specified(original, new), raising=raising)


def _specified(original: object, new: object) -> object:
    """The new value behind the signature of the original, where both are callables without a specification."""
    bare = isinstance(new, FunctionType) or (isinstance(new, mock.Mock) and new._mock_methods is None)
    if not bare or not inspect.isroutine(original):
        return new
    return mock.create_autospec(original, side_effect=new)
