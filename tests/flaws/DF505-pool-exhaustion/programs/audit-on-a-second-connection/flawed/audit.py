"""Who did what. It is kept even where the work itself is taken back, so it has a transaction of its own."""

from sqlalchemy import text


class Audit:
    def __init__(self, engine):
        self.engine = engine

    def note(self, line):
        with self.engine.begin() as connection:
            connection.execute(text("INSERT INTO audit VALUES (:line)"), {"line": line})
