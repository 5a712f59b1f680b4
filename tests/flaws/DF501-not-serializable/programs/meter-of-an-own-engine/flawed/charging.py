"""Charging stations report how much they gave."""

from meters import Meters


class Station:
    def __init__(self, url, name):
        self.meters = Meters(url)
        self.name = name

    def report(self, watt_hours):
        """Record what a car took, and say so."""
        self.meters.record(self.name, watt_hours)
        return f"{self.name} gave {watt_hours} Wh"
