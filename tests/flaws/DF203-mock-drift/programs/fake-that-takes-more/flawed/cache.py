"""What is kept for a while."""


class Cache:
    def __init__(self):
        self._kept = {}

    def put(self, key, value):
        self._kept[key] = value
        return len(self._kept)
