"""Who takes our parcels, and for how much, in cents."""


class NoPrice(Exception):
    """The carrier has no price for this parcel."""


class Carrier:
    def __init__(self, name, base, per_kilo, heaviest):
        self.name = name
        self.base = base
        self.per_kilo = per_kilo
        self.heaviest = heaviest

    def price(self, kilos):
        if kilos > self.heaviest:
            raise NoPrice(f"{kilos} kg are too heavy for {self.name}")
        return self.base + self.per_kilo * kilos
