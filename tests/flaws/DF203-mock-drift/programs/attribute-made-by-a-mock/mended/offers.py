"""Offers to customers."""

import pricing


def offer(sku, with_tax=False):
    quote = pricing.quote(sku)
    return f"{sku}: {quote.net + quote.tax if with_tax else quote.net}"
