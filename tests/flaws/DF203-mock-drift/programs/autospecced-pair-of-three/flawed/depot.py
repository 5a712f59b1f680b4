"""When vans leave."""


class Depot:
    def __init__(self) -> None:
        self._taken = 0

    def next_slot(self, zone: int) -> tuple[str, int, int]:
        self._taken += 1
        return "mon", 8 + zone, self._taken
