"""What a resource of dryfit's own tells of when it is cleaned, as far as another test could have seen it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dryfit.model.resource import Declaration, Leftover
from dryfit.model.trace import ENDED, LeftoverData

IDLE = "idle in transaction"

_HARMLESS = frozenset({"sequence moved", "sequences moved"})
"""Nobody may rely on the next number."""


def leftover_data(
    leftovers: Iterable[Leftover],
    declarations: Mapping[str, Declaration],
    test: str,
    *,
    seen_by: str = "",
    late: bool = False,
) -> tuple[LeftoverData, ...]:
    """What is to be reported of ``test``; ``declarations`` are the resources by name.

    What is cleaned in time nobody sees. Reported is what ``isolation = "shared"`` leaves in place, sessions that were
    still within a transaction, which have been ended, and, with ``late``, what was written between the cleaning and the
    set-up of ``seen_by``: the next time it may come a moment later.
    """
    return tuple(
        LeftoverData(
            kind=declarations[left.resource].kind,
            resource=left.resource,
            place=left.place,
            change=ENDED if left.change == IDLE else left.change,
            count=left.count,
            sample=left.sample,
            test=test,
            seen_by=seen_by,
            phase="late" if late else "test",
        )
        for left in leftovers
        if left.change not in _HARMLESS
        and (late or left.change == IDLE or _is_shared(declarations[left.resource]))
    )


def _is_shared(declaration: Declaration) -> bool:
    return declaration.options.get("isolation") == "shared"
