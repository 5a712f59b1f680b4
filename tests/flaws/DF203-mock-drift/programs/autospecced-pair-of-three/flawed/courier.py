"""Parcels on their way."""

from depot import Depot


class Courier:
    def __init__(self, depot: Depot) -> None:
        self._depot = depot

    def day(self, zone: int) -> str:
        day, *_ = self._depot.next_slot(zone)
        return day
