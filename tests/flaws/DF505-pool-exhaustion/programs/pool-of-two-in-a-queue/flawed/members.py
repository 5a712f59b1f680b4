"""The members of a club."""

import numbering


class Members:
    def __init__(self, pool):
        self.pool = pool

    def names(self):
        with self.pool.connection() as connection:
            return [name for (name,) in connection.execute("SELECT name FROM members ORDER BY number")]

    def join(self, name):
        """Return the new member's number."""
        with self.pool.connection() as connection:
            number = numbering.next_number(self.pool, "members")
            connection.execute("INSERT INTO members VALUES (%s, %s)", (number, name))
        return number
