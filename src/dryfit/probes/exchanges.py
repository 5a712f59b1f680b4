"""The probe that keeps of each exchange over HTTP what can be stated of it: no secrets, no ids, no times."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from dryfit.model.exchange import SAFE_METHODS, Exchange, Given, HttpCall, json_path_step
from dryfit.model.secrets import is_secret
from dryfit.model.shape import NOTHING, Form, Json, Shape, join_all
from dryfit.model.trace import Skipped
from dryfit.probes.behaviours import Schedule
from dryfit.probes.ids import (
    guessed_parameters,
    made_up_id,
    made_up_time,
    names_id,
    next_id,
    template_of,
)
from dryfit.probes.look import MOST_DEPTH, look, text_format

MOST_EXCHANGES = 500
"""How many distinct exchanges one process keeps, and how many one test may show."""

FIRST_LOOKS = 16
"""How many answers with one status to one kind of request are looked at in each test, before it becomes rarer."""

MOST_CHANGES = 16
"""How many requests of one test that may have changed something are told with those that come after."""

MOST_SHAPES = 500
"""So many shapes of bodies are remembered."""

MOST_BYTES = 64 * 1024
"""A larger body is not looked into."""

EXCHANGES = "exchanges over HTTP"
"""What is skipped where there were too many."""

CREDENTIAL = "given-by-the-state"
"""What stands in the place of a credential."""

STATED_FORMATS = frozenset({"uuid", "iso-date", "iso-datetime"})

_UNCHOSEN = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "content-type", "date", "host"),
        *("transfer-encoding", "user-agent"),
        *("baggage", "traceparent", "tracestate", "x-correlation-id", "x-request-id"),
    )
)
"""Headers that clients and tracers add by themselves, and the content type, which is told apart."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]*) \S")


class Exchanges:
    """Collects the distinct exchanges of the tests that pass. They come from any thread or task."""

    def __init__(self) -> None:
        self._tests: dict[str, _Seen] = {}
        self._known: dict[object, Exchange] = {}
        self._shapes = JsonShapes()
        self._is_full = False

    def see(self, call: HttpCall) -> None:
        """Take note of an exchange, if it is due and a new one or a better example."""
        seen = self._tests.setdefault(call.test, _Seen())
        parameters = dict(guessed_parameters(call.path) if call.parameters is None else call.parameters)
        template = template_of(call.path, parameters)
        after = seen.changes_before(call, template)
        if not seen.is_due(call, template):
            return
        exchange = kept_of(call, template, parameters, after, self._shapes)
        key = exchange.key
        known = seen.exchanges.get(key)
        if known is None and len(seen.exchanges) >= MOST_EXCHANGES:
            self._is_full = True
        elif known is None or exchange.is_better_than(known):
            seen.exchanges[key] = exchange

    def finish(self, test: str, *, passed: bool) -> tuple[Exchange, ...]:
        """Tell what is new in a test. What one that did not pass has shown is forgotten, as is what comes later."""
        seen = self._tests.pop(test, None)
        if seen is None or not passed:
            return ()
        return tuple(each for key, each in seen.exchanges.items() if self._is_news(key, each))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """That there were too many, if so."""
        reason = f"there were more than {MOST_EXCHANGES} distinct ones; the others were not kept"
        return (Skipped(EXCHANGES, reason),) if self._is_full else ()

    def _is_news(self, key: object, exchange: Exchange) -> bool:
        known = self._known.get(key)
        if known is None and len(self._known) >= MOST_EXCHANGES:
            self._is_full = True
            return False
        if known is not None and not exchange.is_better_than(known):
            return False
        self._known[key] = exchange
        return True


class _Seen:
    """What one test has shown so far."""

    def __init__(self) -> None:
        self.exchanges: dict[object, Exchange] = {}
        self._turns: dict[tuple[object, ...], Schedule] = {}
        self._changes: list[tuple[str, str, str]] = []

    def is_due(self, call: HttpCall, template: str) -> bool:
        """Whether to look at this one: at the first ones of their kind, then at ever fewer."""
        kind = (call.consumer, call.provider, call.method, template, call.status)
        turn = self._turns.setdefault(kind, Schedule(FIRST_LOOKS))
        turn.left -= 1
        return turn.seen()

    def changes_before(self, call: HttpCall, template: str) -> tuple[str, ...]:
        """The requests before this one that may have changed what its provider knows; this one may, too."""
        pair = (call.consumer, call.provider)
        before = tuple(what for *whose, what in self._changes if tuple(whose) == pair)
        if call.method not in SAFE_METHODS and call.status < 400 and len(self._changes) < MOST_CHANGES:
            self._changes.append((*pair, f"{call.method} {template} → {call.status}"))
        return before


def kept_of(
    call: HttpCall,
    template: str,
    parameters: Mapping[str, str],
    after: tuple[str, ...],
    shapes: JsonShapes,
) -> Exchange:
    """What is kept of an exchange; ``template`` is its path with the names of ``parameters`` in it."""
    answer_type = media_type(call.answer_type) if call.answer else ""
    asked_type = media_type(call.headers.get("content-type", "")) if call.body != b"" else ""
    asked = _json(call.body or b"", asked_type)
    request = _Request()
    example = request.path(template, parameters)
    query, headers = request.query(call.query), request.headers(call)
    body = json.dumps(request.body(asked.value), sort_keys=True) if asked is not None else ""
    what = (call.consumer, call.provider, call.method, template, call.status, call.test)
    answer = shapes.of(_json(call.answer, answer_type))
    if obstacle := request.obstacle or _unreadable(call, asked_type, asked):
        return Exchange(*what, answer_type=answer_type, answer=answer, obstacle=obstacle)
    return Exchange(
        *what,
        prepared=call.prepared or bool(after or request.given),
        after=after,
        example=example,
        query=query,
        headers=headers,
        given=tuple(request.given),
        asked_type=asked_type,
        asked=shapes.of(asked),
        body=body,
        answer_type=answer_type,
        answer=answer,
    )


def media_type(header: str) -> str:
    """The media type alone, without parameters."""
    return header.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a media type is JSON's, or one built on it."""
    return media == "application/json" or media.endswith("+json")


def _unreadable(call: HttpCall, media: str, asked: _Parsed | None) -> str:
    """Why the request's body cannot be stated, "" where it can."""
    if call.body is None:
        return "its body was streamed"
    if not call.body or asked is not None:
        return ""
    if len(call.body) > MOST_BYTES:
        return f"its body is larger than {MOST_BYTES // 1024} KiB"
    return (
        f"its body is {media or 'of no stated type'}, not JSON"
        if not is_json(media)
        else "its body is no JSON"
    )


@dataclass(slots=True)
class _Request:
    """What was found in one request: the values that the state has to know, and why it cannot be sent again."""

    given: list[Given] = field(default_factory=list)
    obstacles: set[str] = field(default_factory=set)
    ids: dict[tuple[type, object], str | int] = field(default_factory=dict)

    @property
    def obstacle(self) -> str:
        """All that hinders, "" where nothing does."""
        return " and ".join(sorted(self.obstacles))

    def path(self, template: str, parameters: Mapping[str, str]) -> str:
        """An example of the path."""
        example = within = template
        found: list[tuple[str, str]] = []
        for name, value in parameters.items():
            self._refuse_secret(name, "its path")
            made_up = made_up_id(value, named=names_id(name))
            shown = value if made_up is None else str(self._distinct(value, made_up))
            example = example.replace(f"{{{name}}}", quote(shown))
            within = within.replace(f"{{{name}}}", quote(value) if made_up is None else f"${{{name}}}")
            if made_up is not None:
                found.append((name, shown))
        self.given += [Given("path", name, value, within) for name, value in found]
        return example

    def query(self, text: str) -> tuple[tuple[str, str], ...]:
        """The query's names and values, in order of the names."""
        pairs = sorted(parse_qsl(text, keep_blank_values=True), key=lambda pair: pair[0])
        return tuple(
            (name, str(self._value(name, value, f"query:{name}", "its query"))) for name, value in pairs
        )

    def headers(self, call: HttpCall) -> tuple[tuple[str, str], ...]:
        """The headers that were chosen, by name; those that hold a secret are only noted, with the scheme."""
        chosen: list[tuple[str, str]] = []
        for name, value in sorted(call.headers.items()):
            known = name.replace("-", "_")
            if name == "cookie":
                self.obstacles.add("it needs a cookie")
            elif is_secret(name):
                scheme = _SCHEME.match(value)
                known = "token" if name == "authorization" else known
                within = f"{scheme[1]} ${{{known}}}" if scheme else f"${{{known}}}"
                self.given.append(Given(f"header:{name}", known, CREDENTIAL, within))
            elif name not in _UNCHOSEN and (name, value) != ("accept", "*/*"):
                chosen.append((name, str(self._value(known, value, f"header:{name}", "a header"))))
        return tuple(chosen)

    def body(self, value: Json, place: str = "$", name: str = "") -> Json:
        """The body with made-up values for ids and times."""
        if isinstance(value, dict):
            for key in value:
                self._refuse_secret(key, "its body")
            return {key: self.body(item, place + json_path_step(key), key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.body(item, f"{place}[{index}]", name) for index, item in enumerate(value)]
        return self._value(name, value, place, "its body")

    def _value(self, name: str, value: Json, place: str, where: str) -> Json:
        self._refuse_secret(name, where)
        if isinstance(value, str):
            time = made_up_time(value)
            made_up = made_up_id(value, named=names_id(name)) if time is None else None
            return self._given(name, self._distinct(value, made_up), place) if made_up else time or value
        if isinstance(value, int) and not isinstance(value, bool) and names_id(name):
            return self._given(name, self._distinct(value, 1), place)
        return value

    def _distinct(self, value: str | int, made_up: str | int) -> str | int:
        """The same for the same id, and another for another one of the same form."""
        key = (type(value), value)
        while key not in self.ids and made_up in self.ids.values():
            made_up = next_id(made_up)
        return self.ids.setdefault(key, made_up)

    def _given(self, name: str, value: str | int, place: str) -> str | int:
        """Let the state know the value by its name, or by one like it where that stands for another value."""
        taken = {each.name: each.value for each in self.given}
        names = (name, *(f"{name}{number}" for number in range(2, len(taken) + 3)))
        free = next(each for each in names if taken.get(each, value) == value)
        self.given.append(Given(place, free, value, f"${{{free}}}"))
        return value

    def _refuse_secret(self, name: str, where: str) -> None:
        if is_secret(name):
            self.obstacles.add(f"{where} holds the secret `{name}`")


@dataclass(frozen=True, slots=True)
class _Parsed:
    value: Json


def _json(content: bytes, media: str) -> _Parsed | None:
    """What a body says; ``None`` for what is no JSON, or too much of it."""
    if not content or len(content) > MOST_BYTES or not is_json(media):
        return None
    try:
        return _Parsed(json.loads(content, parse_constant=_refuse))
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> object:
    """NaN and infinity are Python's, and not JSON's."""
    raise ValueError(constant)


class JsonShapes:
    """The types alone: what depends on the data of one test is left out. Looks once at values that are alike."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Shape] = {}

    def of(self, parsed: _Parsed | None) -> Shape:
        """The shape of a body; nothing where it could not be read."""
        if parsed is None:
            return NOTHING
        like = _likeness(parsed.value)
        known = self._known.get(like)
        if known is None:
            if len(self._known) >= MOST_SHAPES:
                self._known.clear()
            known = self._known[like] = _typed(look(parsed.value))
        return known


def _likeness(value: Json, depth: int = 0) -> Hashable:
    """The same for all values that are of the same shape: names, types and formats, in their order."""
    if type(value) is str:
        return text_format(value)
    if depth < MOST_DEPTH:
        if type(value) is dict:
            return dict, *value, *[_likeness(item, depth + 1) for item in value.values()]
        if type(value) is list:
            return list, *[_likeness(item, depth + 1) for item in value]
    cls: type = type(value)
    return cls


def _typed(shape: Shape) -> Shape:
    return join_all(Shape((_typed_form(form),)) for form in shape.forms)


def _typed_form(form: Form) -> Form:
    stated = form.formats if len(form.formats) == 1 and form.formats[0] in STATED_FORMATS else ()
    keyed = tuple(each for each in form.formats if form.kind == "mapping" and each.endswith(" keys"))
    return Form(
        "number" if form.kind == "number" else form.type,
        form.kind,
        formats=(*stated, *keyed),
        fields=tuple([(name, _typed(shape)) for name, shape in form.fields]),
        optional=form.optional,
        items=_typed(form.items) if form.items is not None else None,
    )
