"""Who carries parcels."""

LEAST_BUSY = """
SELECT name FROM couriers LEFT JOIN shipments ON courier = name GROUP BY name ORDER BY count(parcel), name LIMIT 1
"""


class Couriers:
    def __init__(self, connection):
        self.connection = connection

    def least_busy(self):
        return self.connection.execute(LEAST_BUSY).fetchone()[0]
