"""How an address is written for the post."""


class Undeliverable(Exception):
    """A part of the address is missing."""


def row(address):
    if not address.get("city"):
        raise Undeliverable(f"{address['name']} has no city")
    return f"{address['name']};{address['street']};{address['city']}\n"
