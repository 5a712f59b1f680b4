"""What visitors click on."""

from baskets import Baskets


class Website:
    def __init__(self, client):
        self.baskets = Baskets(client)

    def add_to_basket(self, visitor, article):
        """Put one of the article into the visitor's basket."""
        self.baskets.add(visitor, article)
        return f"/baskets/{visitor}"
