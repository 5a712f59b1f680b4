"""What a customer may buy before the next invoice, in euros."""


class CreditExhausted(Exception):
    """The customer has to pay something first."""


class CreditLine:
    def __init__(self, limit):
        self.limit = limit
        self.drawn = {}

    def draw(self, order, amount):
        if sum(self.drawn.values()) + amount > self.limit:
            raise CreditExhausted(f"{amount} is more than is left of {self.limit}")
        self.drawn[order] = amount

    def give_back(self, order):
        self.drawn.pop(order, None)
