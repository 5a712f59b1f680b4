from cache import Cache
from sessions import Sessions


class FakeCache:
    """Keeps everything where tests can see it; `forget` is there for the tests alone."""

    def __init__(self):
        self.kept = {}

    def put(self, key, value):
        self.kept[key] = value
        return len(self.kept)

    def forget(self, key, quietly=True):
        return self.kept.pop(key, None if quietly else KeyError)


def test_a_session_is_kept():
    cache = FakeCache()
    assert Sessions(cache).open("t1", "ann") == 1
    assert cache.forget("t1") == "ann"


def test_sessions_are_counted():
    sessions = Sessions(Cache())
    assert [sessions.open("t1", "ann"), sessions.open("t2", "bob")] == [1, 2]
