"""What a mock says of itself, read past its ``__getattr__``."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from dryfit.weave.originals import is_a


def state_of(node: object) -> dict[str, Any]:
    """A mock's own attributes, read past its ``__getattr__``."""
    state: dict[str, Any] = object.__getattribute__(node, "__dict__")
    return state


def mock_behind(new: object) -> object | None:
    """The mock that a function with an automatic signature (``autospec``) calls."""
    return vars(new).get("mock") if is_a(new, FunctionType) else None


def is_used(node: object) -> bool:
    """Whether a mock was called, or asked for an attribute; the calls of one with an automatic signature are counted
    by the function that has that."""
    state = state_of(node)
    counting = state.get("_mock_delegate")
    calls = state.get("_mock_call_count") if counting is None else vars(counting).get("call_count")
    children = [child for child in state.get("_mock_children", {}).values() if child is not None]
    return bool(calls or state.get("_mock_called") or children)


def is_protocol(name: object) -> bool:
    return isinstance(name, str) and name.startswith("__") and name.endswith("__")
