"""Who is on call."""

import psycopg
from psycopg.errors import SerializationFailure

ATTEMPTS = 5


class StillNeeded(Exception):
    """Nobody else is on call."""


class Roster:
    def __init__(self, url):
        self.url = url

    def on_call(self):
        with psycopg.connect(self.url) as connection:
            found = connection.execute("SELECT name FROM doctors WHERE on_call ORDER BY name")
            return [name for (name,) in found]

    def release(self, doctor):
        for _ in range(ATTEMPTS - 1):
            try:
                return self._release(doctor)
            except SerializationFailure:
                continue
        return self._release(doctor)

    def _release(self, doctor):
        with psycopg.connect(self.url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            others = connection.execute("SELECT 1 FROM doctors WHERE on_call AND name <> %s", (doctor,))
            if others.fetchone() is None:
                raise StillNeeded(f"nobody but {doctor} is on call")
            connection.execute("UPDATE doctors SET on_call = false WHERE name = %s", (doctor,))
