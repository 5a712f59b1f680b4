"""Pages about people."""

from users import UnknownUser


class Portrait:
    def __init__(self, users):
        self._users = users

    def title(self, login):
        try:
            return f"About {self._users.find(login)}"
        except (LookupError, UnknownUser):
            return "Nobody"
