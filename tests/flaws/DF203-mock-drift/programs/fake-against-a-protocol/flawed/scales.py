"""What a parcel weighs."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol


class KnowsWeights(Protocol):
    def of(self, sku: str) -> Decimal: ...


class Scales:
    def __init__(self, weights: KnowsWeights) -> None:
        self._weights = weights

    def total(self, skus: Iterable[str]) -> str:
        return f"{sum(self._weights.of(sku) for sku in skus)} kg"
