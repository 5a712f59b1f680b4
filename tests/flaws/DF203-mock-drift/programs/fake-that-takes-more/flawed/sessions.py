"""Who is logged in."""


class Sessions:
    def __init__(self, cache):
        self._cache = cache

    def open(self, token, login, **lifetime):
        return self._cache.put(token, login, **lifetime)
