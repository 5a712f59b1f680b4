"""Rooms and who sleeps there."""

from sqlalchemy import text

from audit import Audit


class Bookings:
    def __init__(self, engine):
        self.engine = engine
        self.audit = Audit(engine)

    def book(self, room, guest):
        with self.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO bookings VALUES (:room, :guest)"), {"room": room, "guest": guest}
            )
            self.audit.note(f"{guest} books {room}")
        return f"{room} is reserved for {guest}"
