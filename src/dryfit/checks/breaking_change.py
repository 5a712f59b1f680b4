"""DF205 breaking-change: an interface that other components use changed incompatibly since a git revision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.names import listing, plain, short, tail
from dryfit.checks.signature_change import Change, signature, signature_changes, similar
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import CallSite
from dryfit.model.surface import Comparison, Offer, Reference
from dryfit.model.trace import Skipped


@dataclass(frozen=True, slots=True)
class _Break:
    """One change and one use of the interface that is as it was; ``certain`` unless the call unpacks its arguments."""

    caller: str
    offer: Offer
    now: Offer | None
    cause: str
    text: str
    place: Place
    certain: bool = True


def judge(comparison: Comparison) -> Judgement:
    """Report each interface once for each component that uses it, with all that has changed and all its uses.

    Uses that have been adapted are none any more. What cannot be told is skipped with its reason: a decorator may
    hide it, or a file that cannot be parsed.
    """
    changes = _Changes(comparison)
    broken: dict[tuple[str, str], list[_Break]] = defaultdict(list)
    for each in changes.breaks():
        broken[each.caller, each.offer.name].append(each)
    findings = tuple(_finding(breaks, comparison.revision) for breaks in broken.values())
    return Judgement(findings, (*comparison.skipped, *changes.skipped))


class _Changes:
    """Walks over what components use of each other, and says what of it is broken."""

    def __init__(self, comparison: Comparison) -> None:
        self._before, self._after = comparison.before, comparison.after
        self._old = {offer.name: offer for offer in self._before.offers}
        self._new = {offer.name: offer for offer in self._after.offers}
        self._unread = {each.what for each in self._after.unread}
        self._ancestors = {
            name: offer.ancestors
            for name, offer in {**self._old, **self._new}.items()
            if offer.form == "class"
        }
        self._by_function: dict[tuple[str, Place], list[CallSite]] = defaultdict(list)
        for call in self._after.calls:
            self._by_function[call.caller, _function(call.place)].append(call)
        self._as_written = {_written(call, call.callable): call.place for call in self._after.calls}
        self._written_then = {_written(call, call.callable) for call in self._before.calls}
        self.skipped: tuple[Skipped, ...] = ()

    def breaks(self) -> Iterator[_Break]:
        for call in self._before.calls:
            yield from self._called(call)
        for call in self._after.calls:
            yield from self._newly_called(call)
        for reference in self._before.references:
            yield from self._referred(reference)

    # Calls.

    def _called(self, call: CallSite) -> Iterator[_Break]:
        old = self._old.get(call.callable)
        if old is None or not self._can_tell(old):
            return
        new = self._new.get(call.callable) or self._moved(call)
        if new is None:
            if self._still_called(call):
                yield self._gone(old, call.caller, call.place)
            return
        place = self._standing(call, new)
        if place is None:
            return
        for change in self._changes(old, new):
            if call.starred or change.breaks(call):
                certain = not call.starred
                yield _Break(call.caller, old, new, change.cause, change.text, place, certain)

    def _newly_called(self, call: CallSite) -> Iterator[_Break]:
        """A call that was written since, for the interface as it had been: two branches that were merged, say."""
        old, new = self._old.get(call.callable), self._new.get(call.callable)
        if old is None or new is None or call.starred or _written(call, call.callable) in self._written_then:
            return
        for change in self._changes(old, new):
            if change.cause.partition(" ")[0] in _SEEN_IN_A_CALL and change.breaks(call):
                yield _Break(call.caller, old, new, change.cause, change.text, call.place)

    def _changes(self, old: Offer, new: Offer) -> Iterator[Change]:
        if old.form == "function" and new.form == "property":
            yield Change("property", "is a property now, and the call calls what it gives", lambda site: True)
        elif old.form == new.form == "function" and old.settled and new.settled:
            yield from signature_changes(old, new, self._ancestors)
        elif old.form == new.form == "function" and _differ(old, new):
            self._skip(old, "a decorator, an overload or a metaclass decides what its calls may look like")

    def _moved(self, call: CallSite) -> Offer | None:
        """What the same code calls by the same name now, where that comes from elsewhere."""
        there = self._by_function[call.caller, _function(call.place)]
        names = {each.callable for each in there if tail(each.callable) == tail(call.callable)}
        return self._new.get(names.pop()) if len(names) == 1 else None

    def _standing(self, call: CallSite, new: Offer) -> Place | None:
        """Where the call is written now as it was then."""
        if new.form == "property":  # to discover that is no call any more
            return call.place if self._still_called(call) else None
        return self._as_written.get(_written(call, new.name))

    def _still_called(self, call: CallSite) -> bool:
        return (call.place.file, call.place.function, tail(call.callable)) in self._after.names

    # What is no call.

    def _referred(self, reference: Reference) -> Iterator[_Break]:
        if not self._still_referred(reference):
            return
        old, new = self._old.get(reference.name), self._new.get(reference.name)
        caller, place = reference.caller, reference.place
        if old is not None and old.component != caller and self._can_tell(old):
            if new is None:
                yield self._gone(old, caller, place)
            elif old.form == "property" and new.form == "function":
                text = "is a method now: reading it gives the method itself"
                yield _Break(caller, old, new, "method", text, place)
            elif old.form == "class" and new.form == "function":
                text = f"is a function now, and cannot be {_ROLES[reference.role]}"
                yield _Break(caller, old, new, "function", text, place)
        if reference.role in ("caught", "checked"):
            yield from self._no_longer_caught(reference)

    def _no_longer_caught(self, reference: Reference) -> Iterator[_Break]:
        """Classes that were below the one that is caught or checked for, and are not any more."""
        name = reference.name
        text = f"is no {name} any more, which is {_ROLES[reference.role]}"
        for old in self._old.values():
            new = self._new.get(old.name)
            if old.form != "class" or name not in old.ancestors or old.component == reference.caller:
                continue
            if new is not None and self._has_left(name, new) and self._meets(reference, old):
                yield _Break(reference.caller, old, new, f"no longer {name}", text, reference.place)

    def _has_left(self, name: str, new: Offer) -> bool:
        return new.form == "class" and name not in new.ancestors and self._knows_all_bases(name, new)

    def _knows_all_bases(self, name: str, new: Offer) -> bool:
        if name in self._old:
            return name in self._new  # else the base itself is gone, which is told of it
        return new.settled

    def _meets(self, reference: Reference, old: Offer) -> bool:
        """A built-in exception is caught everywhere: only beside calls of the component is it this one."""
        if reference.name in self._old:
            return True
        there = self._by_function[reference.caller, _function(reference.place)]
        return any(call.callee == old.component for call in there)

    def _still_referred(self, reference: Reference) -> bool:
        place = reference.place
        if reference.role == "read":
            return (place.file, place.function, tail(reference.name)) in self._after.reads
        return any(
            (each.caller, each.role, _function(each.place), tail(each.name))
            == (reference.caller, reference.role, _function(reference.place), tail(reference.name))
            for each in self._after.references
        )

    # What is gone.

    def _gone(self, old: Offer, caller: str, place: Place) -> _Break:
        whole = self._whole(old)
        return _Break(caller, whole, None, "gone", f"is gone{self._successor(whole)}", place)

    def _whole(self, old: Offer) -> Offer:
        """The class, where it went with all that it had."""
        owner = plain(old.name) if plain(old.name) != old.name else old.name.rpartition(".")[0]
        whole = self._old.get(owner)
        return self._whole(whole) if whole and whole.form == "class" and owner not in self._new else old

    def _successor(self, old: Offer) -> str:
        """A guess at what has taken its place: of the same kind, new, and alike in name."""
        fresh = [
            each
            for name, each in self._new.items()
            if name not in self._old and (each.form == "class") == (old.form == "class") and each.component
        ]
        moved = [each.name for each in fresh if tail(each.name) == tail(old.name)]
        if moved:
            return f"; moved to {min(moved)}?"
        near = [each for each in fresh if each.component == old.component and _alike(old, each)]
        best = max(near, key=lambda each: (_likeness(old, each), each.name), default=None)
        return f"; renamed to {short(best.name, best.component)}?" if best else ""

    def _can_tell(self, old: Offer) -> bool:
        return old.place.file not in self._unread and old.form != "attribute"

    def _skip(self, old: Offer, reason: str) -> None:
        self.skipped = (*self.skipped, Skipped(f"DF205 {plain(old.name)}", reason))


_ROLES = {"caught": "caught", "base": "derived from", "checked": "checked for", "read": "read"}

_SEEN_IN_A_CALL = frozenset({"renamed", "lost", "requires", "default", "keyword-only", "positional-only"})
"""What a call shows by how it is written; of the others nobody knows for which version it was meant."""


def _function(place: Place) -> Place:
    return Place(place.file, 0, place.function)


def _written(call: CallSite, name: str) -> tuple[object, ...]:
    """What has to stay for a call of ``name`` to be the same call, wherever in its component it stands."""
    return call.caller, name, call.result, *((each.keyword, each.text) for each in call.arguments)


def _differ(old: Offer, new: Offer) -> bool:
    return (old.parameters, old.returns, old.asynchronous) != (new.parameters, new.returns, new.asynchronous)


def _alike(old: Offer, new: Offer) -> bool:
    return similar(tail(old.name), tail(new.name)) or (
        bool(old.parameters) and old.parameters == new.parameters
    )


def _likeness(old: Offer, new: Offer) -> tuple[bool, bool]:
    return similar(tail(old.name), tail(new.name)), old.parameters == new.parameters


def _finding(breaks: list[_Break], revision: str) -> Finding:
    first = breaks[0]
    told = [each for each in breaks if each.certain] or breaks
    certain = told[0].certain
    name = plain(first.offer.name)
    told_of = f"{short(name, first.offer.component)} of {first.offer.component}, which {first.caller} uses,"
    return find(
        "DF205",
        Seam(first.caller, first.offer.component, name),
        min(each.place for each in told),
        " ".join(sorted({each.cause for each in told})),
        f"{told_of} {_sentence(told, certain)}",
        severity="error" if certain else "warning",
        evidence=tuple(_evidence(first, told, revision)),
    )


def _sentence(told: list[_Break], certain: bool) -> str:
    text = listing(tuple(dict.fromkeys(each.text for each in told)))
    if not certain:
        text += "; whether that breaks calls that unpack their arguments is open"
    return text if text.endswith("?") else f"{text}."


def _evidence(first: _Break, told: list[_Break], revision: str) -> Iterator[Fact]:
    yield Fact(f"at {revision}", signature(first.offer))
    if first.now is not None:
        yield Fact("now", signature(first.now))
        yield Fact("declared at", str(first.now.place))
    yield places(each.place for each in told)
