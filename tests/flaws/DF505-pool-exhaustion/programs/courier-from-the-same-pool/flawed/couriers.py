"""Who carries parcels."""

LEAST_BUSY = """
SELECT name FROM couriers LEFT JOIN shipments ON courier = name GROUP BY name ORDER BY count(parcel), name LIMIT 1
"""


class Couriers:
    def __init__(self, pool):
        self.pool = pool

    def least_busy(self):
        with self.pool.connection() as connection:
            return connection.execute(LEAST_BUSY).fetchone()[0]
