"""The bank."""

from accounts import Accounts


class Bank:
    def __init__(self, url):
        self.accounts = Accounts(url)

    def withdraw(self, owner, amount):
        """Hand money out. Raises Refused."""
        self.accounts.take(owner, amount)
        return f"{amount} for {owner}"

    def leave(self, owner):
        """Close the account, and hand out what is left. Raises Refused."""
        return f"{self.accounts.close(owner)} for {owner}, good bye"
