"""When appointments are."""

from datetime import UTC, datetime


class Calendar:
    def __init__(self):
        self._starts = {}

    def book(self, name, *when):
        self._starts[name] = datetime(*when, tzinfo=UTC)

    def start(self, name):
        return self._starts[name]
