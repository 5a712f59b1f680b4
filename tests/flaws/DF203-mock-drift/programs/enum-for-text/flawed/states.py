"""How far a ticket can have come."""

from enum import Enum


class State(Enum):
    OPEN = "open"
    CLOSED = "closed"
