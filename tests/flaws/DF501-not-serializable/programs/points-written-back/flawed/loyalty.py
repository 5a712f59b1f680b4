"""Points for what people buy."""

from accounts import Accounts

CENTS_A_POINT = 100


class Loyalty:
    def __init__(self, engine):
        self.accounts = Accounts(engine)

    def reward(self, customer, cents):
        """Credit the points that a purchase is worth, and return them."""
        points = cents // CENTS_A_POINT
        self.accounts.add(customer, points)
        return points
