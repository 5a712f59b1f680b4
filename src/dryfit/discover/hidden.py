"""What the source hands over, as it is written, without what is secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dryfit.model.secrets import is_secret
from dryfit.model.structure import Parameter, PassedArgument

HIDDEN = "…"

_NAME = re.compile(r"[^\W\d][\w.]*")
"""A variable, which tells nothing of its value."""

_NAMED_LITERAL = re.compile(
    r"([^\W\d][\w-]*)[\"']?\s*[:=]\s*[\[({]?\s*(?:[bfru]{0,2}[\"']|-?\d)", re.IGNORECASE
)
"""A key or keyword, and the beginning of a literal that is its value."""


def without_secrets(text: str, name: str = "") -> str:
    """The text of what is called ``name``, hidden where it spells out what nobody is to see."""
    told = is_secret(name) and not _NAME.fullmatch(text)
    return HIDDEN if told or any(map(is_secret, _NAMED_LITERAL.findall(text))) else text


def arguments_without_secrets(
    arguments: Iterable[PassedArgument], parameters: tuple[Parameter, ...]
) -> Iterator[PassedArgument]:
    """The arguments of a call, each under the name of its parameter."""
    for place, each in enumerate(arguments):
        declared = parameters[place].name if place < len(parameters) else ""
        yield replace(each, text=without_secrets(each.text, each.keyword or declared))
