"""Baskets, each a JSON document in Redis."""

import json

import redis


class Baskets:
    def __init__(self, client):
        self.client = client

    def content(self, visitor):
        return json.loads(self.client.get(f"basket:{visitor}") or "{}")

    def add(self, visitor, article):
        key = f"basket:{visitor}"
        with self.client.pipeline() as pipeline:
            while True:
                pipeline.watch(key)
                basket = json.loads(pipeline.get(key) or "{}")
                basket[article] = basket.get(article, 0) + 1
                pipeline.multi()
                pipeline.set(key, json.dumps(basket, sort_keys=True))
                try:
                    pipeline.execute()
                except redis.WatchError:
                    continue
                return
