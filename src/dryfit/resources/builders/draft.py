"""Drafts the values of one row: which of a constraint's alternatives to go by, then one value a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

from dryfit.resources.builders.checks import alternatives, combined
from dryfit.resources.builders.demands import Alternative, Among, Bound, Demand
from dryfit.resources.builders.domain import Contradiction, Domain, Domains
from dryfit.resources.builders.entity import Entity, Field
from dryfit.resources.builders.seeds import chance
from dryfit.resources.builders.values import Manner, draw

FRESH: Alternative = ()
FEW = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """One way to fill a row. ``place`` tells it from all others: the seed, the entity, the row's number.

    For second tries, ``thorough`` also draws what was left to defaults where a constraint is about it, ``spread``
    draws what may have to be unique from afar, and ``small`` keeps numbers low, which meets most arithmetic that was
    not understood.
    """

    entity: Entity
    demands: Alternative
    given: Mapping[str, object]
    place: tuple[object, ...]
    thorough: bool = False
    spread: bool = False
    small: bool = False

    def domains(self, settled: Mapping[str, object] | None = None) -> Domains:
        """What is left to each field. Raises ``Contradiction`` where the demands leave some field no value."""
        domains = Domains(self.entity.fields)
        for name, value in {**self.given, **(settled or {})}.items():
            if name in domains.by_name:
                domains.by_name[name].settle(value)
        # Those that list values come first, so that all others sift these.
        for demand in sorted(self.demands, key=_lists_values, reverse=True):
            domains.demand(demand)
        domains.propagate()
        return domains

    def needs(self, name: str) -> bool:
        """Whether the constraints ask for a value of a field that might have been NULL."""
        return self.domains().by_name[name].null is False

    def values(self, settled: Mapping[str, object]) -> dict[str, object]:
        """The values of the row, those of its references (``settled``) included; what has a default is left out."""
        domains = self.domains(settled)
        for field in self.entity.fields:
            domain = domains.by_name[field.name]
            if not domain.known and self._draws(domain):
                domain.settle(draw(domain, chance(*self.place, field.name), self._manner(field)))
                domains.propagate()
        return {name: domain.value for name, domain in domains.by_name.items() if domain.known}

    def _draws(self, domain: Domain) -> bool:
        field = domain.field
        if not field.writable:
            return False
        if field.filled:
            return domain.null is not None or (self.thorough and domain.touched)
        return field.required or domain.null is not None

    def _manner(self, field: Field) -> Manner:
        if frozenset({field.name}) in self.entity.uniques:
            return "unique"
        if self.spread and (
            field.sort == "text" or any(field.name in names for names in self.entity.uniques)
        ):
            return "spread"
        return "small" if self.small else "usual"


def drafts(
    entity: Entity, given: Mapping[str, object], place: tuple[object, ...], tries: int
) -> Iterator[Draft]:
    """Drafts to try in turn: each alternative that agrees with what is given, again and again with other values.

    A constraint that contradicts what is given is left to the database, which will name it, and few are tried.
    """
    checks = [alternatives(check.sql, entity.dialect) for check in entity.checks]
    open_ways = [tuple(way for way in ways if _agrees(Draft(entity, way, given, place))) for ways in checks]
    met = all(open_ways)
    ways = combined(ways or (FRESH,) for ways in open_ways)
    good = [way for way in ways if _agrees(Draft(entity, way, given, place))] or [FRESH]
    for attempt, way in zip(range(tries if met else FEW), cycle(good), strict=False):
        yield Draft(
            entity, way, given, (*place, attempt), thorough=attempt >= len(good), small=attempt % 2 == 1
        )


def _lists_values(demand: Demand) -> bool:
    return (isinstance(demand, Among) and demand.inside) or (
        isinstance(demand, Bound) and demand.operator == "="
    )


def _agrees(draft: Draft) -> bool:
    try:
        draft.domains()
    except Contradiction:
        return False
    return True
