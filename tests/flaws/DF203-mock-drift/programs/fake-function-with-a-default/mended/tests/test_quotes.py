from typing import Any

import pytest
import quotes


def test_a_quote_at_a_fixed_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake_convert(cents: int, currency: str) -> int:
        return cents * 2

    monkeypatch.setattr("rates.convert", fake_convert)
    assert quotes.quote(500, currency="CHF") == "1000 CHF"


@pytest.mark.parametrize(
    ("wanted", "text"), [({"currency": "CHF"}, "550 CHF"), ({"currency": "EUR"}, "500 EUR")]
)
def test_a_quote_of_today(wanted: dict[str, Any], text: str) -> None:
    assert quotes.quote(500, **wanted) == text
