"""Orders and their payment."""

import ledger
import pricing


def place(account, items):
    total = pricing.total(items)
    ledger.post(account, total)
    return total
