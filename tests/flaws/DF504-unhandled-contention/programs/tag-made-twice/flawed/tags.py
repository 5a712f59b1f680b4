"""Tags, one of each name."""

import psycopg


class Tags:
    def __init__(self, url):
        self.url = url

    def id_of(self, name):
        """Return the tag's id; the tag is made where there is none."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute("SELECT id FROM tags WHERE name = %s", (name,)).fetchone()
            if found is None:
                made = connection.execute("INSERT INTO tags (name) VALUES (%s) RETURNING id", (name,))
                found = made.fetchone()
            return found[0]
