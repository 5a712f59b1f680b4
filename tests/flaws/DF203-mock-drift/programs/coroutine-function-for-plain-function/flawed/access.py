"""Who may do what."""


def allowed(user: str, what: str) -> bool:
    return user == "ann" or what == "read"
