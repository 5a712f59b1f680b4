"""Orders and what happens when nobody pays."""

import alerts
import payment


def place(card, cents):
    try:
        return payment.charge(card, cents)
    except ValueError as refused:
        return alerts.raise_alarm(str(refused))
