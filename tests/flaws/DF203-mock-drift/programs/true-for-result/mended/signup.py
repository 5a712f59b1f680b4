"""Where readers sign up."""

import postbox


def welcome(address: str) -> str:
    if postbox.send(address).delivered:
        return "look into your mailbox"
    return "this address does not work"
