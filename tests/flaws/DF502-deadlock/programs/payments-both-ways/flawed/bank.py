"""The bank, as its customers see it."""

from accounts import Accounts


class Bank:
    def __init__(self, url):
        self.accounts = Accounts(url)

    def pay(self, payer, payee, euros):
        """Move money from one customer to another. Raises accounts.NotCovered."""
        self.accounts.move(payer, payee, euros * 100)
        return f"{payer} has paid {euros} € to {payee}"
