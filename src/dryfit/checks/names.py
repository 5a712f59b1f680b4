"""Dotted names of callables, as the source writes them and as a run shows them."""

from __future__ import annotations

_CONSTRUCTORS = (".__init__", ".__new__")


def plain(callable_name: str) -> str:
    """The name without its constructor's suffix: ``cart.Cart.__init__`` and ``cart.Cart`` are the same call."""
    for suffix in _CONSTRUCTORS:
        if callable_name.endswith(suffix):
            return callable_name.removesuffix(suffix)
    return callable_name


def tail(callable_name: str) -> str:
    """The last part of the plain name, which an override in a subclass shares with what it overrides."""
    return plain(callable_name).rpartition(".")[2]


def short(callable_name: str, component: str) -> str:
    """The name within its component: ``PaymentProcessor.pay`` for ``payment.PaymentProcessor.pay``."""
    return plain(callable_name).removeprefix(f"{component}.")


def words(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case: ``fill_totals`` and ``fillTotals`` give fill and totals."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return tuple(spaced.replace("_", " ").split())


def listing(things: tuple[str, ...]) -> str:
    """Join names for a sentence: ``a``, ``a and b``, ``a, b and c``."""
    if len(things) < 2:
        return "".join(things)
    return f"{', '.join(things[:-1])} and {things[-1]}"
