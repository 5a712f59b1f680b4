"""How an address is written for the post."""


class Undeliverable(Exception):
    """A part of the address is missing."""


def row(name, city):
    if not city:
        raise Undeliverable(f"{name} has no city")
    return f"{name};{city}\n"
