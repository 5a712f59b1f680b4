"""People take courses."""

import database
import seats

REMEMBER = "INSERT INTO people VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET email = excluded.email"


class Enrolment:
    def __init__(self, connection):
        self.connection = connection

    def enrol(self, name, email, course):
        database.execute(self.connection, REMEMBER, name, email)
        seats.take(self.connection, course, name)
        database.commit(self.connection)
