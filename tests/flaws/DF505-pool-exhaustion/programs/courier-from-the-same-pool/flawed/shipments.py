"""Parcels that are under way."""

from couriers import Couriers

ONE_AT_A_TIME = "LOCK TABLE shipments IN SHARE ROW EXCLUSIVE MODE"
SHIP = "INSERT INTO shipments VALUES (%s, %s) ON CONFLICT DO NOTHING"


class Shipments:
    def __init__(self, pool):
        self.pool = pool
        self.couriers = Couriers(pool)

    def ship(self, parcel):
        """Have a parcel carried by whoever has the least to carry."""
        with self.pool.connection() as connection:
            connection.execute(ONE_AT_A_TIME)
            courier = self.couriers.least_busy()
            connection.execute(SHIP, (parcel, courier))
