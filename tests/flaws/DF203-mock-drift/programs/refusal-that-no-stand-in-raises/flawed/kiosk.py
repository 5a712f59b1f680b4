"""Sells what the store has."""

from store import OutOfStock, Store


class Kiosk:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.sold = 0

    def reserve(self, count: int) -> bool:
        try:
            self._store.take(count)
        except OutOfStock:
            return False
        return True

    def sell(self, count: int) -> str:
        self.sold += count
        return f"{self._store.take(count)} left"
