"""How many there are of each article, kept in Redis."""

TAKE = """
local left = tonumber(redis.call('GET', KEYS[1]) or '0')
if left < tonumber(ARGV[1]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1])
return 1
"""


class Stock:
    def __init__(self, client):
        self.client = client

    def put(self, article, number):
        self.client.set(f"stock:{article}", number)

    def left(self, article):
        return int(self.client.get(f"stock:{article}") or 0)

    def take(self, article, number):
        """Take that many out, if there are as many; returns whether there were."""
        return self.client.eval(TAKE, 1, f"stock:{article}", number) == 1
