"""How much is there."""

from uuid import UUID

_counts: dict[UUID, int] = {UUID(int=1): 3, UUID(int=2): 0}


def missing(lines):
    return [line["product"] for line in lines if _counts.get(line["product"], 0) < line["count"]]
