"""The board on the wall."""

from collections.abc import Mapping

import tickets
from states import State

_COLUMNS: Mapping[object, str] = {State.OPEN: "left", State.CLOSED: "right"}


def column(number: int) -> str:
    return _COLUMNS.get(tickets.state(number), "left")
