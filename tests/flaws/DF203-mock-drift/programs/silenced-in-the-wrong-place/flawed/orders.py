"""What customers order."""

from mails import confirm


def place(number, address=None):
    if address:
        confirm(address, number)
    return f"order {number} placed"
