"""A notebook."""

import notes


class Notebook:
    def __init__(self, connection):
        self.connection = connection

    def write(self, text):
        with notes.together(self.connection):
            return notes.add(self.connection, text.strip())

    def replace(self, number, text):
        with notes.together(self.connection):
            notes.remove(self.connection, number)
            return notes.add(self.connection, text.strip())
