"""A request over HTTP with its answer, where it crosses the border of the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dryfit.model.shape import NOTHING, Shape

OWN_API = ""
"""The provider of what tests ask of the program's own HTTP interface, within the process."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Those by which nothing changes (RFC 9110, section 9.2.1)."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request and its answer while they are at hand, values and all; it is never kept.

    ``consumer`` is the component that sent it, or the tests; ``provider`` the host, or ``OWN_API``. ``parameters`` are
    those of the path as the framework told them, ``None`` where it told nothing. Names of headers are lower case.
    ``body`` is ``None`` where it was not in memory. ``prepared`` says that test code had called into the
    program before.
    """

    consumer: str
    provider: str
    test: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None
    status: int
    answer_type: str
    answer: bytes
    parameters: Mapping[str, str] | None = None
    prepared: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Given:
    """A value of a request that the provider's state has to know: an id that each run makes anew, or a credential.

    ``place`` is "path", "query:" or "header:" with a name, or a JSONPath into the body; ``value`` is made up, in
    the form of the real one. ``within`` is the whole text that holds it, the value written as ``${name}``.
    """

    place: str
    name: str
    value: str | int
    within: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One distinct way in which a request over HTTP was answered.

    ``path`` is a template: ``/orders/{order_id}``; ``example`` is one that it stands for. ``body`` is JSON text or "",
    ids and times in it are made up, and so are they in ``query`` and ``headers``. ``asked`` and ``answer`` are
    shapes of JSON bodies.
    ``prepared`` says that it may depend on what the test did before, ``after`` which requests to the same provider may
    have changed something.
    ``obstacle`` says why the request cannot be sent again; then it has neither example nor values.
    """

    consumer: str
    provider: str
    method: str
    path: str
    status: int
    test: str
    prepared: bool = False
    after: tuple[str, ...] = ()
    example: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    given: tuple[Given, ...] = ()
    asked_type: str = ""
    asked: Shape = NOTHING
    body: str = ""
    answer_type: str = ""
    answer: Shape = NOTHING
    obstacle: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it distinct."""
        return (
            self.consumer,
            self.provider,
            self.method,
            self.path,
            self.status,
            tuple(sorted({name for name, _ in self.query})),
            tuple(name for name, _ in self.headers),
            tuple(each.place for each in self.given if each.place.startswith("header:")),
            self.asked_type,
            self.asked,
            self.answer_type,
            self.answer,
            self.obstacle,
        )

    @property
    def rank(self) -> tuple[object, ...]:
        """Which of several examples is shown: the least one, best without anything prepared."""
        return (*self._context, self.example, self.query, self.headers, self.body, repr(self.given))

    @property
    def _context(self) -> tuple[object, ...]:
        """The beginning of the rank: it decides between two tests, and the rest takes long to be written down."""
        return (self.prepared, len(self.after), len(self.given), self.test, self.after)

    def is_better_than(self, other: Exchange) -> bool:
        """Whether this one is shown, of two with the same key."""
        one, another = self._context, other._context
        return bool(one < another) if one != another else bool(self.rank < other.rank)


def least(one: Exchange, other: Exchange) -> Exchange:
    """Of two with the same key the one that is shown."""
    return other if other.is_better_than(one) else one


def json_path_step(key: str) -> str:
    """A key's part of a JSONPath, as Pact writes it."""
    return f".{key}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", key) else f"['{key}']"
