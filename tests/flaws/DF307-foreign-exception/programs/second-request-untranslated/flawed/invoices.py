"""Invoices in the customer's own currency."""

import rates


class Invoices:
    def __init__(self, client):
        self.client = client

    def quote(self, euros, currency):
        return round(euros * rates.latest(self.client, currency), 2)

    def total(self, euros, currency, day):
        return round(euros * rates.on(self.client, currency, day), 2)
