"""Where customers pay."""


class Checkout:
    def __init__(self, gateway):
        self.gateway = gateway

    def pay(self, card, cents):
        return self.gateway.charge(card, cents)

    def pay_abroad(self, card, cents, currency):
        return self.gateway.charge(card, cents, currency)
