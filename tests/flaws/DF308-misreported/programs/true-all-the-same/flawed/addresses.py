"""E-mail addresses."""


class NoAddress(Exception):
    """The text is no address."""


def normal(text):
    name, at, domain = text.strip().rpartition("@")
    if not (name and at and domain):
        raise NoAddress(f"{text!r} is no e-mail address")
    return f"{name}@{domain.lower()}"
