"""How much is left."""

from enum import Enum

_COUNTS = {"tea": 80, "salt": 2}


class Status(Enum):
    PLENTY = "plenty"
    LOW = "low"


def status(sku: str) -> Status:
    return Status.LOW if _COUNTS[sku] < 5 else Status.PLENTY
