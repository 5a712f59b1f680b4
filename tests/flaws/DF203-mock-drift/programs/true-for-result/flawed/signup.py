"""Where readers sign up."""

import postbox


def welcome(address: str) -> str:
    if postbox.send(address):
        return "look into your mailbox"
    return "this address does not work"
