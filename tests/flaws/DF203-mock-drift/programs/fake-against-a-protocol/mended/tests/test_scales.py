from decimal import Decimal

from scales import Scales
from weights import Weights


class FakeWeights:
    def of(self, sku: str) -> Decimal:
        return Decimal("1.5")


def test_a_parcel() -> None:
    assert Scales(FakeWeights()).total(["tea", "oil"]) == "3.0 kg"


def test_a_light_parcel() -> None:
    assert Scales(Weights()).total(["tea", "oil"]) == "0.50 kg"
