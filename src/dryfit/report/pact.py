"""Exchanges over HTTP as contracts in Pact's format, version 4: https://github.com/pact-foundation/pact-specification

A contract states types: the values in it are made up wherever the request does not depend on them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dryfit.model.exchange import OWN_API, Exchange, Given, json_path_step
from dryfit.model.seam import DRIVER
from dryfit.model.shape import Form, Json, Shape

FORMATS: dict[str, tuple[str, str]] = {
    "uuid": (
        "00000000-0000-4000-8000-000000000000",
        "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    ),
    "iso-date": ("2000-01-01", r"^\d{4}-\d\d-\d\d$"),
    "iso-datetime": (
        "2000-01-01T00:00:00Z",
        r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?$",
    ),
}
"""Formats of texts that are stated: an example, and the regular expression (in Rust's syntax) that it stands for."""

_TYPE: Json = {"match": "type"}


@dataclass(frozen=True, slots=True)
class Pact:
    """The contract of one consumer and one provider."""

    consumer: str
    provider: str
    exchanges: tuple[Exchange, ...]

    @property
    def file_name(self) -> str:
        """The name that Pact's tools give such a file."""
        return f"{_in_file_name(self.consumer)}-{_in_file_name(self.provider)}.json"

    def document(self) -> str:
        """The file's text: the same for the same exchanges."""
        document: Json = {
            "consumer": {"name": self.consumer},
            "provider": {"name": self.provider},
            "interactions": list(_interactions(self.exchanges)),
            "metadata": {"pactSpecification": {"version": "4.0"}},
        }
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        # A lone surrogate is written as JSON does it.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def pacts(exchanges: Iterable[Exchange], *, tests: str, api: str) -> tuple[Pact, ...]:
    """The contracts that can be written.

    ``tests`` is the name of the tests as consumer, ``api`` that of the program's own interface as provider.
    """
    pairs: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in exchanges:
        if not exchange.obstacle:
            consumer = tests if exchange.consumer == DRIVER else exchange.consumer
            provider = api if exchange.provider == OWN_API else exchange.provider
            pairs.setdefault((consumer, provider), []).append(exchange)
    return tuple(Pact(*pair, tuple(sorted(found, key=_order))) for pair, found in sorted(pairs.items()))


def left_out(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """What cannot be sent again, and why, a line each."""
    return tuple(
        sorted(
            f"{each.method} {each.path} → {each.status}: {each.obstacle} ({each.test})"
            for each in exchanges
            if each.obstacle
        )
    )


def _order(exchange: Exchange) -> tuple[object, ...]:
    return (exchange.path, exchange.method, exchange.status, exchange.rank)


def _in_file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def _interactions(exchanges: Iterable[Exchange]) -> Iterator[Json]:
    """Each with a description of its own, as a contract needs it.

    Where one request was answered in several ways, these depend on what the tests had prepared.
    """
    listed = list(exchanges)
    asked = Counter(map(_asked, listed))
    answered = Counter(map(_answered, listed))
    used: Counter[str] = Counter()
    for each in listed:
        description = _answered(each)
        if answered[description] > 1:
            description += f", as in {each.test.rpartition('::')[2]}"
        used[description] += 1
        if (number := used[description]) > 1:
            description += f" ({number})"
        yield _interaction(each, description, depends=each.prepared or asked[_asked(each)] > 1)


def _asked(exchange: Exchange) -> tuple[object, ...]:
    return (
        exchange.method,
        exchange.example,
        exchange.query,
        exchange.headers,
        exchange.body,
        exchange.given,
    )


def _answered(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.path} → {exchange.status}"


def _interaction(exchange: Exchange, description: str, *, depends: bool) -> Json:
    made: dict[str, Json] = {
        "type": "Synchronous/HTTP",
        "description": description,
        "request": _request(exchange),
        "response": _response(exchange),
    }
    if depends:
        made["providerStates"] = [_state(exchange)]
    return made


def _state(exchange: Exchange) -> Json:
    """What a state handler is told: the test, what it had asked before, and the values to be known."""
    parameters: dict[str, Json] = {"after": list(exchange.after)} if exchange.after else {}
    parameters.update({each.name: each.value for each in exchange.given})
    return {"name": exchange.test, **({"params": parameters} if parameters else {})}


def _request(exchange: Exchange) -> Json:
    given = [each for each in exchange.given if each.place.startswith("header:")]
    headers: dict[str, Json] = {name.title(): [value] for name, value in exchange.headers}
    headers |= {_header(each): [_filled(each)] for each in given}
    rules: dict[str, Json] = {}
    made: dict[str, Json] = {"method": exchange.method, "path": exchange.example}
    if any(each.place == "path" for each in exchange.given):
        rules["path"] = _rule({"match": "regex", "regex": _path_pattern(exchange)})
    if exchange.query:
        made["query"] = _query(exchange.query)
        rules["query"] = {name: _rule(_TYPE) for name, _ in exchange.query}
    if headers:
        rules["header"] = {name: _rule(_TYPE) for name in headers}
    if exchange.body:
        headers["Content-Type"] = [exchange.asked_type]
        made["body"] = _body(json.loads(exchange.body), exchange.asked_type)
        rules["body"] = _stated(exchange.asked).rules
    return _with(made, headers, rules, _generators(exchange.given))


def _response(exchange: Exchange) -> Json:
    made: dict[str, Json] = {"status": exchange.status}
    headers: dict[str, Json] = {}
    rules: dict[str, Json] = {}
    if exchange.answer_type:
        headers["Content-Type"] = [exchange.answer_type]
    if _is_stated(exchange.answer) and exchange.answer.forms[0].kind != "none":  # Pact reads null as no body
        stated = _stated(exchange.answer)
        made["body"] = _body(stated.example, exchange.answer_type)
        rules["body"] = stated.rules
    return _with(made, headers, rules, {})


def _with(
    made: dict[str, Json], headers: dict[str, Json], rules: dict[str, Json], generators: dict[str, Json]
) -> Json:
    parts = {"headers": headers, "matchingRules": rules, "generators": generators}
    return {**made, **{name: part for name, part in parts.items() if part}}


def _body(content: Json, media: str) -> Json:
    return {"content": content, "contentType": media, "encoded": False}


def _rule(*matchers: Json) -> Json:
    return {"combine": "AND", "matchers": list(matchers)}


def _query(pairs: Iterable[tuple[str, str]]) -> Json:
    made: dict[str, Json] = {}
    for name, value in pairs:
        values = made.setdefault(name, [])
        assert isinstance(values, list)
        values.append(value)
    return made


# Values that the provider's state knows.


def _header(given: Given) -> str:
    return given.place.partition(":")[2].title()


def _filled(given: Given) -> str:
    return given.within.replace(f"${{{given.name}}}", str(given.value))


def _generators(given: Iterable[Given]) -> dict[str, Json]:
    """Where the verifier puts in what the state handler gives by the same name, else the made-up value."""
    made: dict[str, Json] = {}
    for each in given:
        generator: Json = {
            "type": "ProviderState",
            "expression": each.within,
            "dataType": "STRING" if isinstance(each.value, str) else "INTEGER",
        }
        if each.place == "path":
            made["path"] = generator
            continue
        kind, name = ("body", each.place) if each.place.startswith("$") else each.place.split(":", 1)
        within = made.setdefault(kind, {})
        assert isinstance(within, dict)
        within[_header(each) if kind == "header" else name] = generator
    return made


def _path_pattern(exchange: Exchange) -> str:
    within = next(each.within for each in exchange.given if each.place == "path")
    return f"^{re.sub(r'[$][{][^}]*[}]', '[^/]+', _escaped(within))}$"


def _escaped(text: str) -> str:
    """The text with every sign quoted that means something, but for those around names."""
    return re.sub(r"[.+*?()|^\[\]]|[$](?![{])", lambda found: f"\\{found[0]}", text)


# Bodies.


@dataclass(slots=True)
class _Stated:
    """An example of a shape, and by JSONPath the rules of what may differ from it."""

    example: Json = None
    rules: dict[str, Json] = field(default_factory=dict)


def _stated(shape: Shape) -> _Stated:
    stated = _Stated(rules={"$": _rule(_TYPE)})
    stated.example = _example(shape, "$", stated.rules)
    return stated


def _example(shape: Shape, path: str, rules: dict[str, Json]) -> Json:
    """An example of the shape's one form; the types of all below "$" are held by its own rule."""
    (form,) = shape.forms
    match form.kind:
        case "bool":
            return True
        case "number":
            return 1
        case "text":
            return _text(form, path, rules)
        case "secret":
            return "secret"
        case "sequence":
            return _sequence(form, path, rules)
        case "mapping":
            return _mapping(form, path, rules)
        case _:
            return None


def _text(form: Form, path: str, rules: dict[str, Json]) -> str:
    known = FORMATS.get(form.formats[0]) if form.formats else None
    if known is None:
        return "text"
    rules[path] = _rule({"match": "regex", "regex": known[1]})
    return known[0]


def _sequence(form: Form, path: str, rules: dict[str, Json]) -> Json:
    if form.items is None or not _is_stated(form.items):
        return []
    rules[path] = _rule({"match": "type", "min": 1})
    return [_example(form.items, f"{path}[*]", rules)]


def _mapping(form: Form, path: str, rules: dict[str, Json]) -> Json:
    if form.items is not None and _is_stated(form.items):  # the keys are data
        rules[path] = _rule({"match": "values"})
        rules[f"{path}.*"] = _rule(_TYPE)
        return {"key": _example(form.items, f"{path}.*", rules)}
    return {
        name: _example(shape, path + json_path_step(name), rules)
        for name, shape in form.fields
        if name not in form.optional and _is_stated(shape)
    }


def _is_stated(shape: Shape) -> bool:
    """Whether all its values were of one type that was looked at; of a secret only that it is a text is known."""
    if len(shape.forms) != 1 or shape.forms[0].kind == "cut":
        return False
    return shape.forms[0].kind != "secret" or shape.forms[0].type == "str"
