"""Offers in the customer's currency."""

from typing import Any

import rates


def quote(cents: int, **wanted: Any) -> str:
    return f"{rates.convert(cents, **wanted)} {wanted['currency']}"
