"""The jobs."""

from dataclasses import dataclass

import psycopg

NEXT = "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
CLAIM = "UPDATE jobs SET state = 'begun', attempts = attempts + 1 WHERE id = %s RETURNING id, attempts"


@dataclass(frozen=True)
class Job:
    id: int
    attempts: int


class Jobs:
    def __init__(self, url):
        self.url = url

    def claim(self):
        with psycopg.connect(self.url) as connection:
            found = connection.execute(NEXT).fetchone()
            if found is None:
                return None
            return Job(*connection.execute(CLAIM, found).fetchone())
