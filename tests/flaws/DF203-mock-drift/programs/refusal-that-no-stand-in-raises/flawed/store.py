"""What is left."""


class OutOfStock(Exception):
    """There are not as many."""


class Store:
    def __init__(self) -> None:
        self._left = 3

    def take(self, count: int) -> int:
        if count > self._left:
            raise OutOfStock(f"{self._left} left")
        self._left -= count
        return self._left
