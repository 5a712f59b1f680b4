"""Seats in courses."""

import database

MOST = 2


class CourseFull(Exception):
    """No seat is left in the course."""


def take(connection, course, name):
    [(taken,)] = database.execute(connection, "SELECT count(*) FROM seats WHERE course = ?", course)
    if taken >= MOST:
        raise CourseFull(f"no seat is left in {course}")
    database.execute(connection, "INSERT INTO seats VALUES (?, ?, ?)", course, taken + 1, name)
