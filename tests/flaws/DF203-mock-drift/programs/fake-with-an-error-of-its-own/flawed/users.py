"""Who is known."""


class UnknownUser(Exception):
    """Nobody has this login."""


class Users:
    def __init__(self):
        self._known = {"ann": "Ann"}

    def find(self, login):
        if login not in self._known:
            raise UnknownUser(login)
        return self._known[login]
