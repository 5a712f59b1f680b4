"""Values that nobody chose: ids that a database gives, UUIDs, random keys, secrets, the time of day.

They differ from run to run. To compare two runs they get names that are the same whatever was generated.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

NEAR = 3600.0
"""A number counts as a time of day within so many seconds of the moment at which it was read."""

MOST_TIES = 100
"""How often a tie between ids that look the same is broken by choice; what then is left keeps its order."""

_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID4_HEX = "[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?"
_WITHIN_TEXT = re.compile(
    rf"(?<![0-9A-Za-z])(?:(?P<id>{_UUID}|{_UUID4_HEX})|(?P<time>{_TIME}))(?![0-9A-Za-z])"
)
_NUMBER = re.compile(r"-?\d+")
_SECONDS = re.compile(r"\d{10}(?:\.\d+)?|\d{13}")
_RANDOM = re.compile(r'"(?=(?:[^"]*\d){3})(?=(?:[^"]*[A-Za-z]){3})[\w-]{16,}"')

SECRET = "<secret "
"""How a cell begins whose text must not be looked into."""


class Token(NamedTuple):
    """A value that may have been generated: what it is ("id", "secret", "time"), where its like come from, itself."""

    kind: str
    domain: str
    value: str


class Domain(NamedTuple):
    """Whose keys a column holds ("" for none), and whether numbers among them are generated."""

    name: str = ""
    numbers: bool = False


Part = str | Token
Cell = tuple[Part, ...]
_NO_KEY = Domain()
Row = tuple[int, tuple[Cell, ...]]
"""A row by the number of its place: each of its cells in parts."""


def candidates(cell: str, domain: Domain = _NO_KEY, taken: float = 0.0) -> Cell:
    """Take a cell apart into what may have been generated, and the text between.

    ``taken`` says when it was read, in seconds of Unix time.
    """
    if cell.startswith(SECRET):
        return (Token("secret", "", cell),)
    if domain.name and _is_generated_key(cell, domain):
        return (Token("id", domain.name, cell),)
    if _SECONDS.fullmatch(cell):
        return (Token("time", "", cell),) if _is_near(_seconds(cell), taken) else (cell,)
    return tuple(_within(cell, taken))


def _is_generated_key(cell: str, domain: Domain) -> bool:
    if _NUMBER.fullmatch(cell):
        return domain.numbers
    return bool(_RANDOM.fullmatch(cell)) and not _WITHIN_TEXT.search(cell)


def _within(cell: str, taken: float) -> Iterator[Part]:
    """Find ids and times in a text."""
    if len(cell) < len('"2026-01-01 00:00"'):
        yield cell
        return
    end = 0
    for found in _WITHIN_TEXT.finditer(cell):
        text, kind = found.group(), found.lastgroup or ""
        if kind == "time" and not _is_of_the_clock(text, taken):
            continue
        yield cell[end : found.start()]
        yield Token(kind, "", text)
        end = found.end()
    yield cell[end:]


def _is_of_the_clock(text: str, taken: float) -> bool:
    """Whether a time was read from a clock: people write no fractions of seconds, and other days."""
    if "." in text and text.partition(".")[2].rstrip("Z").strip("0"):
        return True
    try:
        time = datetime.fromisoformat(text)
        zones = (time.tzinfo,) if time.tzinfo else (UTC, None)
        return any(_is_near(time.replace(tzinfo=zone).timestamp(), taken) for zone in zones)
    except (ValueError, OverflowError):  # no time, or one so early or late that no clock has it: datetime.min
        return False


def _seconds(number: str) -> float:
    return float(number) if len(number.partition(".")[0]) == len("1700000000") else float(number) / 1000


def _is_near(time: float, taken: float) -> bool:
    return abs(time - taken) < NEAR


class Known:
    """What was there before: the texts of all cells, and the cells of each domain."""

    def __init__(self, cells: Iterable[tuple[str, Domain]]) -> None:
        self._keys: dict[str, set[str]] = defaultdict(set)
        texts = []
        for cell, domain in cells:
            texts.append(cell)
            if domain.name:
                self._keys[domain.name].add(cell)
        self._text = "\n".join(texts)

    def without(self, cell: Cell) -> Cell:
        """Make text of what is known, and of each new time; what was generated since stays a token."""
        return tuple(
            part if isinstance(part, str) else part.value if self._knows(part) else _new(part)
            for part in cell
        )

    def _knows(self, token: Token) -> bool:
        return token.value in (self._keys[token.domain] if token.domain else self._text)


def _new(token: Token) -> Part:
    return "<time>" if token.kind == "time" else token


# -- names -----------------------------------------------------------------------------------------------------------


def named(rows: Sequence[Row]) -> list[tuple[int, tuple[str, ...]]]:
    """Sort rows and name their tokens in the order of first appearance, whatever their values are."""
    colours = _told_apart(rows)
    ordered = sorted(rows, key=lambda row: _coloured(row, colours))
    names: dict[Token, str] = {}
    counts: Counter[str] = Counter()
    for token in (token for row in ordered for token in _tokens(row)):
        if token not in names:
            counts[token.kind] += 1
            names[token] = f"<{token.kind} {counts[token.kind]}>"
    return [(place, tuple(_joined(cell, names) for cell in cells)) for place, cells in ordered]


def _joined(cell: Cell, names: dict[Token, str]) -> str:
    return "".join(part if isinstance(part, str) else names[part] for part in cell)


def _tokens(row: Row) -> Iterator[Token]:
    return (part for cell in row[1] for part in cell if isinstance(part, Token))


Colours = dict[Token, int]


def _told_apart(rows: Sequence[Row]) -> Colours:
    """Colour the tokens by all that tells them apart but their values (colour refinement, Weisfeiler and Leman 1968).

    Tokens that still look alike and stand in several rows are told apart by choice, one after the other.
    """
    linked = [row for row in rows if any(True for _ in _tokens(row))]
    standing = Counter(token for row in linked for token in set(_tokens(row)))
    colours = _ranked({token: (token.kind, token.domain) for token in standing})
    colours = _refined(linked, colours)
    for _ in range(MOST_TIES):
        alike = [tokens for tokens in _classes(colours) if len(tokens) > 1 and standing[tokens[0]] > 1]
        if not alike:
            break
        chosen = min(alike[0])
        colours = _refined(
            linked, {token: 2 * colour + (token == chosen) for token, colour in colours.items()}
        )
    return colours


def _refined(rows: Sequence[Row], colours: Colours) -> Colours:
    """Colour each token by the rows in which it stands, until that tells nothing more."""
    count = len(set(colours.values()))
    while True:
        places: dict[Token, list[tuple[object, ...]]] = defaultdict(list)
        for row in rows:
            coloured = _coloured(row, colours)
            for position, token in enumerate(_tokens(row)):
                places[token].append((coloured, position))
        colours = _ranked({token: (colours[token], tuple(sorted(found))) for token, found in places.items()})
        if len(set(colours.values())) == count:
            return colours
        count = len(set(colours.values()))


def _coloured(row: Row, colours: Colours) -> tuple[int, tuple[tuple[tuple[bool, str | int], ...], ...]]:
    """A row with colours in place of tokens: what may be compared between runs."""
    place, cells = row
    return place, tuple(
        tuple((False, part) if isinstance(part, str) else (True, colours[part]) for part in cell)
        for cell in cells
    )


def _ranked(keys: dict[Token, object]) -> Colours:
    order = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}  # type: ignore[type-var]  # keys of one call are alike
    return {token: order[key] for token, key in keys.items()}


def _classes(colours: Colours) -> list[list[Token]]:
    found: dict[int, list[Token]] = defaultdict(list)
    for token, colour in colours.items():
        found[colour].append(token)
    return [found[colour] for colour in sorted(found)]
