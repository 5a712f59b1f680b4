"""The shop's tables with their sample rows, in the database from which every test's is made."""

import api  # noqa: F401 - whatever declares a table is imported by it
from database import transaction


def create(url: str) -> None:
    """Fill the empty database at `url`, to which DATABASE_URL leads while this runs."""
    with transaction():
        pass  # the shop creates what is missing before the first one
