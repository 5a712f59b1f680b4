"""Makes a row with its parents and children: parents first, then the row in a few tries, then its children."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dryfit.resources.builders import complaints
from dryfit.resources.builders.domain import Contradiction
from dryfit.resources.builders.draft import Draft, drafts
from dryfit.resources.builders.entity import Children, Entity, Reference, Refusal
from dryfit.resources.builders.factories import Factories
from dryfit.resources.builders.kin import Kin
from dryfit.resources.builders.request import Request, Values, read_request
from dryfit.resources.builders.seeds import chance
from dryfit.resources.builders.store import Store
from dryfit.resources.builders.values import draw

TRIES = 60
FINAL = ("foreign key", "not null")
"""Refusals that other values would meet again."""


@dataclass(slots=True)
class Attempt:
    """One row in the making.

    ``separate`` are the references whose parents are not shared any more; ``spread`` draws from afar.
    """

    entity: Entity
    request: Request
    kin: Kin
    path: tuple[Entity, ...]
    parents: dict[str, object] = field(default_factory=dict)
    settled: dict[str, object] = field(default_factory=dict)
    separate: set[str] = field(default_factory=set)
    spread: bool = False
    tried: list[dict[str, object]] = field(default_factory=list)


class _Unknown(Exception):  # noqa: N818 - no error: the database is asked for its constraints
    """The database has a constraint that the model does not tell of."""


class Builder:
    """Makes rows in one store for one seed; the n-th row of an entity (``made`` counts) is always the same."""

    def __init__(self, seed: str, store: Store, factories: Factories, made: Counter[str]) -> None:
        self._seed = seed
        self._store = store
        self._factories = factories
        self._made = made

    def make(self, model: object, given: Values) -> object:
        """Make a row of a class or table. Raises ``ResourceError``."""
        return self._row(self._store.entity(model), given, Kin(self._store), ())

    def _row(self, entity: Entity, given: Values, kin: Kin, path: tuple[Entity, ...]) -> object:
        attempt = Attempt(entity, read_request(entity, given, self._store), kin, path)
        self._take_given_parents(attempt)
        self._look_up_parents(attempt)
        made = self._by_factory(attempt) if self._factories.has(entity.model) else self._by_drafts(attempt)
        kin.add(entity.model, made)
        for children, wanted in attempt.request.children.items():
            self._children(attempt, made, children, wanted)
        return made

    def _by_factory(self, attempt: Attempt) -> object:
        """By the project's own factory, which is told what is given and whom to share."""
        shared = {
            r.name: attempt.kin.find(r.target)
            for r in attempt.entity.references
            if r.name not in attempt.parents
        }
        parents = {name: row for name, row in {**shared, **attempt.parents}.items() if row is not None}
        place = (self._seed, attempt.entity.name, self._number(attempt.entity))
        return self._factories.make(attempt.entity, attempt.request.fields, parents, place)

    def _by_drafts(self, attempt: Attempt) -> object:
        place = (self._seed, attempt.entity.name, self._number(attempt.entity))
        try:
            return self._tries(attempt, place, first=True)
        except _Unknown:
            attempt.entity = self._store.enriched(attempt.entity)
        return self._tries(attempt, place, first=False)

    def _tries(self, attempt: Attempt, place: tuple[object, ...], *, first: bool) -> object:
        """Try drafts until one is taken. The ``first`` time ends at a constraint that the model does not tell of."""
        contradiction, refusal = None, None
        for draft in drafts(attempt.entity, attempt.request.fields, place, TRIES):
            try:
                return self._try(attempt, replace(draft, spread=attempt.spread))
            except Contradiction as found:
                contradiction = contradiction or found
            except Refusal as found:
                refusal = found
                if refusal.kind in FINAL:
                    break
                if first and not _knows(attempt.entity, refusal):
                    raise _Unknown from refusal
                self._part(attempt, refusal)
        if refusal is not None:
            raise complaints.refused(attempt.entity, refusal, attempt.tried) from refusal
        raise complaints.contradictory(attempt.entity, str(contradiction), attempt.request.fields)

    def _try(self, attempt: Attempt, draft: Draft) -> object:
        for reference in attempt.entity.references:
            self._refer(attempt, draft, reference)
        values = draft.values(attempt.settled)
        attempt.tried.append(values)
        return self._store.insert(attempt.entity, values, attempt.parents)

    def _take_given_parents(self, attempt: Attempt) -> None:
        for name, value in attempt.request.parents.items():
            reference = attempt.entity.reference(name)
            if reference is None:
                continue
            target = self._store.entity(reference.target)
            if isinstance(value, Mapping) and not self._store.is_row(value):
                value = self._row(target, value, attempt.kin, (*attempt.path, attempt.entity))
            else:
                self._store.adopt(value)
                attempt.kin.add_given(target, value)
            self._settle(attempt, reference, value)

    def _look_up_parents(self, attempt: Attempt) -> None:
        """Parents whose keys are given are known as well: ``customer_id=7`` brings that customer's ancestors."""
        given = attempt.request.fields
        for reference in attempt.entity.references:
            key = {t: given.get(n) for t, n in zip(reference.target_fields, reference.fields, strict=True)}
            if reference.name in attempt.parents or None in key.values():
                continue
            if (parent := self._store.find(reference, key)) is not None:
                attempt.kin.add_given(self._store.entity(reference.target), parent)
                self._settle(attempt, reference, parent)

    def _refer(self, attempt: Attempt, draft: Draft, reference: Reference) -> None:
        """See to a reference: share its parent, or make it, or leave it NULL."""
        known = {**attempt.settled, **attempt.request.fields}
        if reference.name in attempt.parents or all(name in known for name in reference.fields):
            return
        if not reference.required and not any(draft.needs(name) for name in reference.fields):
            return
        pairs = zip(reference.target_fields, reference.fields, strict=True)
        partly = {target: known[name] for target, name in pairs if name in known}
        parent = self._shared(attempt, reference, partly)
        if parent is None:
            parent = self._parent(attempt, draft, reference, partly)
        if parent is not None:
            self._settle(attempt, reference, parent)

    def _shared(self, attempt: Attempt, reference: Reference, partly: Values) -> object | None:
        """The kin to share. Two references of one row to the same table lead to two rows: a payer is no payee."""
        found = None if reference.name in attempt.separate else attempt.kin.find(reference.target)
        if found is None or any(found is parent for parent in attempt.parents.values()):
            return None
        target = self._store.entity(reference.target)
        fits = all(self._store.read(target, found, name) == value for name, value in partly.items())
        return found if fits else None

    def _parent(self, attempt: Attempt, draft: Draft, reference: Reference, partly: Values) -> object | None:
        """Make the parent; a row that needs one of its own kind becomes its own parent."""
        target, path = self._store.entity(reference.target), (*attempt.path, attempt.entity)
        if target.model is attempt.entity.model and self._refer_to_itself(attempt, draft, reference):
            return None
        if any(target.model is each.model for each in path):
            raise complaints.circular(reference, path)
        parent = self._row(target, partly, attempt.kin, path)
        attempt.kin.add(reference.target, parent)
        return parent

    def _refer_to_itself(self, attempt: Attempt, draft: Draft, reference: Reference) -> bool:
        fields = [attempt.entity.field(name) for name in reference.target_fields]
        domains = draft.domains(attempt.settled)
        for key, name in zip(fields, reference.fields, strict=True):
            if key is None or (key.filled and key.name not in attempt.request.fields):
                return False
            value = draw(domains.by_name[key.name], chance(*draft.place, key.name), "unique")
            attempt.settled |= {key.name: value, name: value}
        return True

    def _settle(self, attempt: Attempt, reference: Reference, parent: object) -> None:
        target = self._store.entity(reference.target)
        attempt.parents[reference.name] = parent
        for name, key in zip(reference.fields, reference.target_fields, strict=True):
            attempt.settled[name] = self._store.read(target, parent, key)

    def _part(self, attempt: Attempt, refusal: Refusal) -> None:
        """After a unique violation: what was shared is made anew where a UNIQUE constraint is about it."""
        if refusal.kind != "unique":
            return
        attempt.spread = True
        unique = {name for names in attempt.entity.uniques for name in names}
        for reference in attempt.entity.references:
            given = reference.name in attempt.request.parents or reference.name in attempt.separate
            if not given and unique & set(reference.fields):
                attempt.separate.add(reference.name)
                if attempt.parents.pop(reference.name, None) is not None:
                    for name in reference.fields:
                        attempt.settled.pop(name, None)

    def _children(
        self, attempt: Attempt, made: object, children: Children, wanted: tuple[Values, ...]
    ) -> None:
        entity = self._store.entity(children.entity)
        own: Values = {children.reference: made} if children.reference else {}
        rows = [self._row(entity, {**values, **own}, attempt.kin.branch(), ()) for values in wanted]
        if rows:
            self._store.gather(attempt.entity, made, children, rows)

    def _number(self, entity: Entity) -> int:
        self._made[entity.name] += 1
        return self._made[entity.name]


def _knows(entity: Entity, refusal: Refusal) -> bool:
    return refusal.kind != "check" or any(check.name == refusal.constraint for check in entity.checks)
