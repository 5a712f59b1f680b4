"""Tags, one of each name."""

import psycopg

FIND = "SELECT id FROM tags WHERE name = %s"
MAKE = "INSERT INTO tags (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"


class Tags:
    def __init__(self, url):
        self.url = url

    def id_of(self, name):
        """Return the tag's id; the tag is made where there is none."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(FIND, (name,)).fetchone()
            if found is None:
                connection.execute(MAKE, (name,))  # or somebody else has made it meanwhile
                found = connection.execute(FIND, (name,)).fetchone()
            return found[0]
