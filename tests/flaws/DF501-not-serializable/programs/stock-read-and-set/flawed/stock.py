"""How many there are of each article, kept in Redis."""


class Stock:
    def __init__(self, client):
        self.client = client

    def put(self, article, number):
        self.client.set(f"stock:{article}", number)

    def left(self, article):
        return int(self.client.get(f"stock:{article}") or 0)

    def take(self, article, number):
        """Take that many out, if there are as many; returns whether there were."""
        left = self.left(article)
        if left < number:
            return False
        self.put(article, left - number)
        return True
