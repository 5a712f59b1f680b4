"""Lockers for parcels."""

FREE = "SELECT number FROM lockers WHERE parcel IS NULL ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED"
PUT_IN = "UPDATE lockers SET parcel = %s WHERE number = %s"


class Full(Exception):
    """No locker is free."""


class Lockers:
    def __init__(self, connection):
        self.connection = connection

    def put_in(self, parcel):
        """Put a parcel into a locker that is free, and return the locker's number. Raises Full."""
        free = self.connection.execute(FREE).fetchone()
        if free is None:
            raise Full("no locker is free")
        self.connection.execute(PUT_IN, (parcel, *free))
        return free[0]
