import pytest

from carriers import Carrier
from quotes import NoQuote, cheapest

CARRIERS = [Carrier("Snail", 400, 10, 30), Carrier("Hare", 300, 60, 10)]


def test_the_cheapest_carrier_is_found():
    assert cheapest(CARRIERS, 1) == "Hare"


def test_a_parcel_that_is_too_heavy():
    with pytest.raises(NoQuote, match="Hare"):
        cheapest(CARRIERS, 20)
