"""Baskets, each a JSON document in Redis."""

import json


class Baskets:
    def __init__(self, client):
        self.client = client

    def content(self, visitor):
        return json.loads(self.client.get(f"basket:{visitor}") or "{}")

    def add(self, visitor, article):
        basket = self.content(visitor)
        basket[article] = basket.get(article, 0) + 1
        self.client.set(f"basket:{visitor}", json.dumps(basket))
