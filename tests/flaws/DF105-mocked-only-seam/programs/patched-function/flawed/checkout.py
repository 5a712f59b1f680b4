"""Where customers pay."""

import gateway


def pay(card, cents):
    answer = gateway.charge(card, cents)
    return answer["status"] == "paid"
