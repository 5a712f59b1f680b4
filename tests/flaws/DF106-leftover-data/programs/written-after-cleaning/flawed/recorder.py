"""Records visits in a thread of its own, all at once, so that nobody waits for the disk."""

import queue
import sqlite3
import threading


class Recorder:
    def __init__(self, path):
        self.path = path
        self.visits = queue.Queue()
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def record(self, page):
        self.visits.put(page)

    def write(self):
        pages = [(page,) for page in iter(self.visits.get, None)]
        connection = sqlite3.connect(self.path)
        with connection:
            connection.executemany("INSERT INTO visits (page) VALUES (?)", pages)
        connection.close()

    def close(self):
        self.visits.put(None)
        self.thread.join()
