"""Calls of one function with what another one got."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

import pytest

from dryfit.probes.signature import Signature, call_with, named_defaults


def signature(function: Callable[..., Any], *, receiver: bool = False) -> Signature:
    plain = cast(FunctionType, function)
    code = plain.__code__
    return Signature.of(
        code, named_defaults(code, plain.__defaults__, plain.__kwdefaults__), receiver=receiver
    )


def pay(card: str, cents: int, *, retry: bool = False) -> None: ...


def send(to: str, *parts: str, **headers: str) -> None: ...


PAID: dict[str, object] = {"card": "4111", "cents": 5, "retry": False}
RETRIED: dict[str, object] = {**PAID, "retry": True}
SENT: dict[str, object] = {"to": "ann", "parts": ("a", "b"), "headers": {"subject": "hi"}}


@pytest.mark.parametrize(
    ("real", "values", "fake", "positional", "keywords"),
    [
        (pay, PAID, lambda card, cents, retry=True: 0, ("4111", 5, False), {}),
        (pay, PAID, lambda cents, card: 0, (5, "4111"), {}),
        (pay, PAID, lambda a, b: 0, ("4111", 5), {}),
        (pay, PAID, lambda card, amount, *, currency="EUR": 0, ("4111", 5), {"currency": "EUR"}),
        (pay, RETRIED, lambda card, cents, *, retry: 0, ("4111", 5), {"retry": True}),
        (pay, RETRIED, lambda *a, **k: 0, ("4111", 5), {"retry": True}),
        (pay, RETRIED, lambda card, **k: 0, ("4111",), {"cents": 5, "retry": True}),
        (pay, PAID, lambda *a: 0, ("4111", 5), {}),
        (pay, PAID, lambda card, /, cents: 0, ("4111", 5), {}),
        (send, SENT, lambda to, *parts, subject: 0, ("ann", "a", "b"), {"subject": "hi"}),
        (send, SENT, lambda *a, **k: 0, ("ann", "a", "b"), {"subject": "hi"}),
    ],
)
def test_values_find_their_parameters(
    real: Callable[..., Any],
    values: dict[str, object],
    fake: Callable[..., Any],
    positional: tuple[object, ...],
    keywords: dict[str, object],
) -> None:
    call = call_with(values, signature(real), signature(fake))
    assert call is not None
    assert (call.positional, call.keywords) == (positional, keywords)
    fake(*call.positional, **call.keywords)


@pytest.mark.parametrize(
    ("real", "values", "fake"),
    [
        (pay, RETRIED, lambda card, cents: 0),
        (pay, RETRIED, lambda *a: 0),
        (pay, PAID, lambda card: 0),
        (pay, PAID, lambda card, cents, retry, reason: 0),
        (pay, PAID, lambda card, cents, *, reason: 0),
        (send, SENT, lambda to, **k: 0),
        (send, SENT, lambda to, *parts: 0),
    ],
)
def test_what_does_not_fit_is_not_called(
    real: Callable[..., Any], values: dict[str, object], fake: Callable[..., Any]
) -> None:
    assert call_with(values, signature(real), signature(fake)) is None


def test_the_receiver_is_no_parameter() -> None:
    def method(self: object, sku: str, /, count: int = 1) -> None: ...

    found = signature(method, receiver=True)
    assert (found.by_position, found.names, dict(found.defaults)) == (
        ("sku", "count"),
        {"sku", "count"},
        {"count": 1},
    )
