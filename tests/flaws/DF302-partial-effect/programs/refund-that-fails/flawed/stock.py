"""How many pieces there are."""


class OutOfStock(Exception):
    """There are not as many."""


class Stock:
    def __init__(self, pieces):
        self.pieces = pieces

    def take(self, number):
        if number > self.pieces:
            raise OutOfStock(f"there are not {number} left")
        self.pieces -= number

    def put_back(self, number):
        self.pieces += number
