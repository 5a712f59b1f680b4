"""The nightly invoices."""

import customers


def invoice(row):
    return row["price"] - customers.discount(int(row["customer"]))
