"""A few connections that are always open."""

import queue
from contextlib import contextmanager

import psycopg


class Pool:
    def __init__(self, url, size=2):
        self.size = size
        self.idle = queue.Queue()
        for _ in range(size):
            self.idle.put(psycopg.connect(url))

    @contextmanager
    def connection(self):
        """Lend a connection for one transaction."""
        connection = self.idle.get()
        try:
            with connection.transaction():
                yield connection
        finally:
            self.idle.put(connection)

    def close(self):
        for _ in range(self.size):
            self.idle.get().close()
