"""Who is known."""

_KNOWN = {"ada": {"name": "Ada"}}


def find(login):
    return _KNOWN.get(login)
