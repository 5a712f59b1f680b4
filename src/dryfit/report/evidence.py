"""Evidence as lines of text."""

from __future__ import annotations

from dryfit.model.finding import Fact


def shown(fact: Fact) -> str:
    """The value of a fact; several values separated by commas."""
    return ", ".join(fact.value) if isinstance(fact.value, tuple) else str(fact.value)


def line(fact: Fact) -> str:
    """``name: value``."""
    return f"{fact.name}: {shown(fact)}"


def cut(text: str, width: int) -> str:
    """The text without its middle, so that both of its ends can be read."""
    half = width // 2
    return text if len(text) <= width else f"{text[:half]}…{text[len(text) - width + half + 1 :]}"
