import re
from decimal import Decimal

import pytest

from money import HIGHEST, Amount, InvalidAmount, to_money


@pytest.mark.parametrize(
    ("amount", "exact"),
    [
        (199.99, "199.99"),
        (0.1 + 0.2, "0.30"),
        (100, "100.00"),
        (Decimal("19.9"), "19.90"),
        (Decimal("0.005"), "0.01"),
        (HIGHEST, "9999999999.99"),
    ],
)
def test_amounts_are_exact_to_the_cent(amount: Amount, exact: str) -> None:
    money = to_money(amount)
    assert (money, str(money)) == (Decimal(exact), exact)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -0.01, Decimal("1e10"), Decimal("NaN")])
def test_what_is_no_amount_is_refused_by_name(amount: Amount) -> None:
    with pytest.raises(InvalidAmount, match=re.escape(repr(amount))):
        to_money(amount)
