"""Orders on account."""

PRICE = 20


class Orders:
    def __init__(self, stock, credit):
        self.stock = stock
        self.credit = credit
        self.accepted = []

    def place(self, order, number):
        try:
            self.stock.hold(order, number)
            self.credit.draw(order, number * PRICE)
        except Exception:
            self._give_up(order)
            raise
        self.accepted.append(order)

    def cancel(self, order):
        self.accepted.remove(order)
        self._give_up(order)

    def _give_up(self, order):
        self.stock.release(order)
        self.credit.give_back(order)
