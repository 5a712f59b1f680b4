"""An archive of pages, which begins with one of welcome."""

import sqlite3

import preferences


class Archive:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.preferences = preferences.Preferences(self.connection)
        self.connection.execute("CREATE TABLE IF NOT EXISTS page (name TEXT PRIMARY KEY, text TEXT)")
        with self.connection:
            self.connection.execute(
                "INSERT INTO page SELECT 'start', 'Welcome' WHERE NOT EXISTS (SELECT 1 FROM page)"
            )

    def read(self, name):
        return self.connection.execute("SELECT text FROM page WHERE name = ?", (name,)).fetchone()[0]

    def close(self):
        self.connection.close()
