from cache import Cache
from sessions import Sessions


class FakeCache:
    def __init__(self):
        self.kept = {}

    def put(self, key, value, ttl=None):
        self.kept[key] = (value, ttl)
        return len(self.kept)


def test_a_session_lasts_an_hour():
    cache = FakeCache()
    assert Sessions(cache).open("t1", "ann", ttl=3600) == 1
    assert cache.kept == {"t1": ("ann", 3600)}


def test_sessions_are_counted():
    sessions = Sessions(Cache())
    assert [sessions.open("t1", "ann"), sessions.open("t2", "bob")] == [1, 2]
