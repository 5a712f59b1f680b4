"""Bins with pieces in them."""

import threading


class TooFew(Exception):
    """There are not as many pieces in the bin."""


class Bin:
    def __init__(self, name, pieces):
        self.name = name
        self.pieces = pieces
        self.lock = threading.Lock()


def move(source, target, pieces):
    with source.lock, target.lock:
        if source.pieces < pieces:
            raise TooFew(f"there are only {source.pieces} pieces in {source.name}")
        source.pieces -= pieces
        target.pieces += pieces
