"""What somebody owes, in euros."""


class Invoice:
    def __init__(self, rates) -> None:
        self._rates = rates

    def worth(self, amount: int, currency: str) -> str:
        return f"{self._rates.of(currency) * amount:.2f} EUR"
