"""What an archive is told to be like, kept in it."""


class Preferences:
    def __init__(self, connection):
        self.connection = connection
        connection.execute("CREATE TABLE IF NOT EXISTS preference (name TEXT PRIMARY KEY, value TEXT)")
        with connection:
            connection.execute("INSERT OR IGNORE INTO preference VALUES ('key', 'secret')")
