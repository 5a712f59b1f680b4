"""Draws a value from what is left to a field."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from random import Random
from typing import Literal
from uuid import UUID

from dryfit.resources.builders.demands import Match
from dryfit.resources.builders.domain import Contradiction, Domain, matches
from dryfit.resources.builders.line import DAY, place, unit_of, value_at
from dryfit.resources.builders.wording import distinct, words_for
from dryfit.resources.moment import START

Manner = Literal["usual", "unique", "spread", "small"]
"""Whether values are everyday ones, ones that no other row has, ones that few others have, or low ones."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "0123456789" + LETTERS
TOKEN = 8
"""Signs of the token that makes a text unique: 36 to the 8th are 2.8e12."""
REDRAWS = 50
WIDE = 2**31 - 1

USUAL: tuple[tuple[str, int, int], ...] = (
    (r"quantity|qty|count|amount_of|copies|items|number_of\w*", 1, 9),
    (r"age", 18, 90),
    (r"year", 1990, START.year),
    (r"month", 1, 12),
    (r"day", 1, 28),
    (r"hour", 0, 23),
    (r"percent(age)?|rate|discount|ratio|share|progress", 1, 99),
    (r"rating|stars|priority|level|rank|position|order|index", 1, 5),
    (r"latitude|lat", -80, 80),
    (r"longitude|lng|lon", -180, 180),
    (r"port", 1024, 65535),
)
USUAL_PATTERNS = tuple(
    (re.compile(rf"(^|_)({words})$", re.IGNORECASE), low, high) for words, low, high in USUAL
)


def draw(domain: Domain, chance: Random, manner: Manner) -> object:
    """A value that the domain admits. Raises ``Contradiction`` where none was found."""
    if domain.known:
        return domain.value
    if domain.null:
        return None
    if domain.choices:
        return _choice(domain, chance)
    if domain.ordered:
        return value_at(_tick(domain, chance, manner), domain.field)
    return _other(domain, chance, manner in ("unique", "spread"))


def _choice(domain: Domain, chance: Random) -> object:
    allowed = [c for c in domain.choices if c.spelling not in domain.excluded] or list(domain.choices)
    return chance.choice(allowed).value


def _tick(domain: Domain, chance: Random, manner: Manner) -> int:
    low, high = _range(domain, manner)
    for _ in range(REDRAWS):
        if (tick := chance.randint(low, high)) not in domain.excluded:
            return tick
    raise Contradiction(domain.field.name)


def _range(domain: Domain, manner: Manner) -> tuple[int, int]:
    """The usual range where it meets the domain, else as wide a one at the domain's nearer end."""
    usual = _usual(domain, manner)
    least, greatest = domain.tick(usual[0], ROUND_CEILING), domain.tick(usual[1], ROUND_FLOOR)
    low, high = max(domain.low, least), min(domain.high, greatest)
    if low <= high:
        return low, high
    width = max(greatest - least, 0)
    if domain.low > greatest:
        return domain.low, min(domain.high, domain.low + width)
    return max(domain.low, domain.high - width), domain.high


def _usual(domain: Domain, manner: Manner) -> tuple[Decimal, Decimal]:
    sort, start, unique = domain.field.sort, place(START), manner == "unique"
    if sort in ("date", "datetime"):
        return (start - 20 * 365 * DAY, start) if unique else (start - 365 * DAY, start)
    if sort == "time":
        return Decimal(0 if unique else 8 * 3600), Decimal(DAY - 1 if unique else 18 * 3600)
    if sort == "interval":
        return Decimal(60), place(timedelta(days=1))
    if unique:
        return Decimal(1), WIDE * max(unit_of(domain.field), Decimal("0.01"))
    if manner in ("small", "spread"):
        return Decimal(1), Decimal(9 if manner == "small" else 9999)
    for pattern, low, high in USUAL_PATTERNS:
        if pattern.search(domain.field.name):
            return Decimal(low), Decimal(high)
    return Decimal(1), Decimal(500)


def _other(domain: Domain, chance: Random, unique: bool) -> object:
    match domain.field.sort:
        case "text":
            return _text(domain, chance, unique)
        case "uuid":
            drawn = UUID(int=chance.getrandbits(128), version=4)
            return str(drawn) if domain.field.as_text else drawn
        case "bytes":
            return chance.randbytes(min(domain.sizes[1], max(16, domain.sizes[0])))
        case "json":
            return {words_for("key", chance).split()[0]: chance.randint(1, 500)}
        case "array":
            return _array(domain, chance)
        case "ip":
            return f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        case "network":
            return f"10.{chance.randrange(256)}.{chance.randrange(256)}.0/24"
        case "mac":
            return ":".join(f"{byte:02x}" for byte in (0x02, *chance.randbytes(5)))
        case "bits":
            return "".join(chance.choice("01") for _ in range(domain.field.length or 1))
    raise Contradiction(domain.field.name)


def _array(domain: Domain, chance: Random) -> list[object]:
    item = domain.field.item
    return [] if item is None else [draw(Domain(item), chance, "usual")]


def _text(domain: Domain, chance: Random, unique: bool) -> str:
    for _ in range(REDRAWS):
        text = _candidate(domain, chance, unique)
        if domain.case:
            text = text.lower() if domain.case == "lower" else text.upper()
        sized = domain.sizes[0] <= len(text) <= domain.sizes[1] and len(text) not in domain.other_sizes
        if (
            sized
            and text not in domain.excluded
            and all(matches(pattern, text) for pattern in domain.patterns)
        ):
            return text
    raise Contradiction(domain.field.name)


def _candidate(domain: Domain, chance: Random, unique: bool) -> str:
    wanted = next((pattern for pattern in domain.patterns if pattern.wanted), None)
    if wanted is not None:
        text = words_for(domain.field.name, chance)
        return text if not unique and _suits(text, domain) else _following(wanted, chance)
    low, high = domain.sizes
    text = words_for(domain.field.name, chance)
    if unique:
        token = "".join(chance.choice(SIGNS) for _ in range(min(TOKEN, high)))
        text = distinct(text, token)
        text = text if len(text) <= high else token
    text = text[:high].rstrip() or chance.choice(LETTERS)
    text += "".join(chance.choice(LETTERS) for _ in range(low - len(text)))
    while len(text) in domain.other_sizes and len(text) > low:
        text = text[:-1]
    return text


def _suits(text: str, domain: Domain) -> bool:
    return len(text) <= domain.sizes[1] and all(matches(pattern, text) for pattern in domain.patterns)


def _following(pattern: Match, chance: Random) -> str:
    if pattern.like:
        return "".join(_filled(sign, chance) for sign in pattern.pattern)
    from polyfactory.value_generators.regex import RegexFactory

    return str(RegexFactory(chance)(pattern.pattern))


def _filled(sign: str, chance: Random) -> str:
    if sign == "%":
        return "".join(chance.choice(LETTERS) for _ in range(TOKEN))
    return chance.choice(LETTERS) if sign == "_" else sign
