"""The mails and requests that a trial has sent, as contents of its state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dryfit.model.digest import Cells, Column, Contents, Digest
from dryfit.probes.alike import alike
from dryfit.probes.jsonable import text_of
from dryfit.probes.sends import Described

COLUMNS = (Column("sent"), Column("content"))


def digest(sent: Iterable[Described]) -> Digest:
    """One place for all mails, and one a host for requests: each in one line, and a few digits of what it holds.

    Both are the same whatever was generated in them.
    """
    rows: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    for each in sent:
        place = "mails" if each.outbox == "mail" else "requests"
        rows[f"{each.outbox} {each.source}", place].append((alike(each.what), text_of(each.key)))
    return Digest(tuple(Contents(*spot, COLUMNS, tuple(found)) for spot, found in rows.items()))
