"""Whether a call can bind to a signature, as the interpreter would decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dryfit.checks.calls import positionals
from dryfit.checks.names import listing
from dryfit.model.structure import Parameter

Parameters = tuple[Parameter, ...]


def unbindable(positional: int, keywords: Sequence[str], parameters: Parameters) -> str:
    """Say why so many positional arguments and these keywords cannot bind, as the rest of a sentence, or ""."""
    return (
        _too_many(positional, parameters)
        or unexpected(keywords, parameters)
        or _twice(positional, keywords, parameters)
        or missing(positional, keywords, parameters)
    )


def _too_many(written: int, parameters: Parameters) -> str:
    room = len(positionals(parameters))
    if written <= room or any(parameter.kind == "var-positional" for parameter in parameters):
        return ""
    return f"with {_count(written, 'positional argument')}, where it takes {room or 'none'}"


def unexpected(keywords: Sequence[str], parameters: Parameters) -> str:
    """The part of it that is about keywords which nobody knows."""
    if any(parameter.kind == "var-keyword" for parameter in parameters):
        return ""
    named = {each.name for each in parameters if each.kind in ("positional-or-keyword", "keyword-only")}
    unexpected = tuple(f"'{keyword}'" for keyword in keywords if keyword not in named)
    return f"with the keyword {listing(unexpected)}, which it does not know" if unexpected else ""


def _twice(written: int, keywords: Sequence[str], parameters: Parameters) -> str:
    filled = [each.name for each in positionals(parameters)[:written] if each.kind == "positional-or-keyword"]
    twice = tuple(f"'{name}'" for name, count in Counter([*filled, *keywords]).items() if count > 1)
    return f"with {listing(twice)} given twice" if twice else ""


def missing(written: int, keywords: Sequence[str], parameters: Parameters) -> str:
    """The part of it that is about parameters which get nothing."""
    filled = {each.name for each in positionals(parameters)[:written]}
    lacking = tuple(
        f"'{parameter.name}'"
        for parameter in parameters
        if not parameter.default
        and parameter.kind not in ("var-positional", "var-keyword")
        and parameter.name not in filled
        and (parameter.kind == "positional-only" or parameter.name not in keywords)
    )
    return (
        f"without its required {'arguments' if len(lacking) > 1 else 'argument'} {listing(lacking)}"
        if lacking
        else ""
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
