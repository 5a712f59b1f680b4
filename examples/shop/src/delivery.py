"""What it costs to send an order to its customer."""

import re
from decimal import Decimal

from errors import Invalid

STANDARD = Decimal("4.99")
ISLAND = Decimal("14.99")
ISLAND_POSTCODES = frozenset({"26465", "26474", "26486", "26548", "26579", "26757", "27498"})


class BadPostcode(Invalid):
    """The postcode is not five digits."""


def delivery_cost(postcode: str | None = None) -> Decimal:
    """Return the delivery cost in euros; without a postcode, the standard one of the mainland.

    Raises BadPostcode.
    """
    if postcode is None:
        return STANDARD
    if not re.fullmatch(r"[0-9]{5}", postcode):
        raise BadPostcode(f"{postcode!r} is not a postcode of five digits")
    return ISLAND if postcode in ISLAND_POSTCODES else STANDARD
