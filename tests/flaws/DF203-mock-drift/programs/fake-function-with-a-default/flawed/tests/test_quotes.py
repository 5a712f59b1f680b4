from typing import Any

import pytest
import quotes


def test_a_quote_of_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake_convert(cents: int, currency: str, day: str = "today") -> int:
        return cents * 2 if day == "monday" else cents

    monkeypatch.setattr("rates.convert", fake_convert)
    assert quotes.quote(500, currency="CHF", day="monday") == "1000 CHF"


@pytest.mark.parametrize(
    ("wanted", "text"), [({"currency": "CHF"}, "550 CHF"), ({"currency": "EUR"}, "500 EUR")]
)
def test_a_quote_of_today(wanted: dict[str, Any], text: str) -> None:
    assert quotes.quote(500, **wanted) == text
