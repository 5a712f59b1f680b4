"""Bills."""

from journal import Journal

VAT_PERCENT = 19


class Billing:
    def __init__(self, url):
        self.journal = Journal(url)

    def bill(self, customer, net_cents):
        """Write an invoice, and return its number as it is printed."""
        number = self.journal.append(customer, net_cents * (100 + VAT_PERCENT) // 100)
        return f"R-{number:05}"
