"""The rows that the rows of one call share: an ancestor table gives one row to all paths that lead to it."""

from __future__ import annotations

from dryfit.resources.builders.entity import Entity
from dryfit.resources.builders.store import Store


class Kin:
    """One row a class or table. Of rows that the test gave, the ancestors are looked up where they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[object, object] = {}
        self._given: list[tuple[Entity, object]] = []

    def branch(self) -> Kin:
        """The same kin, to which one child's own parents can be added without its siblings sharing them."""
        branch = Kin(self._store)
        branch._rows, branch._given = dict(self._rows), list(self._given)
        return branch

    def add(self, model: object, row: object) -> None:
        """Share a row, where its class or table has none to share yet."""
        self._rows.setdefault(model, row)

    def add_given(self, entity: Entity, row: object) -> None:
        """Share a row of the test's own, and its ancestors."""
        self.add(entity.model, row)
        self._given.append((entity, row))

    def find(self, model: object) -> object | None:
        """The row to share of a class or table."""
        if model not in self._rows:
            self._look_up()
        return self._rows.get(model)

    def _look_up(self) -> None:
        while self._given:
            entity, row = self._given.pop()
            for reference in entity.references:
                parent = self._store.parent(entity, row, reference)
                if parent is not None:
                    self.add_given(self._store.entity(reference.target), parent)
