"""What a place that rows are put into offers: a session, a connection, Django's managers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dryfit.resources.builders.entity import Children, Entity, Reference


class Store(Protocol):
    """Puts rows in, one at a time, and reads what it needs of those that are there; changes and removes nothing."""

    def entity(self, model: object) -> Entity:
        """What a class or table consists of."""

    def enriched(self, entity: Entity) -> Entity:
        """The entity with the constraints that only the database knows."""

    def insert(self, entity: Entity, values: Mapping[str, object], parents: Mapping[str, object]) -> object:
        """Put a row in. ``parents`` are given by the names of references. Raises ``Refusal``, all being as before."""

    def read(self, entity: Entity, row: object, field: str) -> object:
        """A field of a row."""

    def parent(self, entity: Entity, row: object, reference: Reference) -> object | None:
        """The row that a reference of a row leads to."""

    def find(self, reference: Reference, key: Mapping[str, object]) -> object | None:
        """The row of a reference's target that has a key, by the target's fields."""

    def is_row(self, value: object) -> bool:
        """Whether a value is a row, rather than a key."""

    def adopt(self, row: object) -> None:
        """See that a row which the test built by itself has its key."""

    def gather(self, entity: Entity, row: object, children: Children, rows: Sequence[object]) -> None:
        """Let a row know its children, which are in the store already."""
