import pytest
from portrait import Portrait
from users import UnknownUser, Users


class FakeUsers:
    def __init__(self, error):
        self._error = error

    def find(self, login):
        if login == "bob":
            return "Bob"
        raise self._error(login)


@pytest.mark.parametrize("error", [LookupError, UnknownUser])
def test_titles(error):
    portrait = Portrait(FakeUsers(error))
    assert [portrait.title("bob"), portrait.title("eve")] == ["About Bob", "Nobody"]


def test_real_titles():
    portrait = Portrait(Users())
    assert [portrait.title("ann"), portrait.title("eve")] == ["About Ann", "Nobody"]
