"""What has changed between two versions of a signature, and which calls each change breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from dryfit.checks.call_mismatch import declared
from dryfit.checks.calls import positionals
from dryfit.checks.narrowing import Ancestors, accepts
from dryfit.model.structure import CallSite, Parameter
from dryfit.model.surface import Offer

SIMILAR = 0.6
"""From this ratio on (difflib) two names are taken for one that was changed."""

Parameters = tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One incompatible change: ``cause`` names it without values, ``text`` ends a sentence about the callable.

    ``breaks`` says of a call that was right before whether it is wrong now.
    """

    cause: str
    text: str
    breaks: Callable[[CallSite], bool]


def signature_changes(old: Offer, new: Offer, ancestors: Ancestors) -> Iterator[Change]:
    """Everything in which the new signature takes less, or gives more kinds of things, than the old one."""
    renamed = _renamed(old.parameters, new.parameters)
    yield from _parameter_names(old.parameters, new.parameters, renamed)
    yield from _order(old.parameters, new.parameters, renamed)
    yield from _surplus(old.parameters, new.parameters)
    after = {each.name: each for each in new.parameters}
    for each in old.parameters:
        now = after.get(renamed.get(each.name, each.name))
        if now is not None and not each.kind.startswith("var") and not now.kind.startswith("var"):
            yield from _one(each, now, old.parameters, ancestors)
    yield from _result(old, new, ancestors)


def filled(site: CallSite, parameters: Parameters) -> dict[str, int]:
    """The parameters that a call fills, with the positions of its arguments."""
    written = [each for each in site.arguments if not each.keyword]
    found = {
        parameter.name: each.position
        for parameter, each in zip(positionals(parameters), written, strict=False)
    }
    return found | {each.keyword: each.position for each in site.arguments if each.keyword}


def _renamed(old: Parameters, new: Parameters) -> dict[str, str]:
    """Old names with the new ones that stand in their place."""
    before, after = {each.name for each in old}, {each.name for each in new}
    pairs = list(zip(positionals(old), positionals(new), strict=False))
    pairs += [(one, two) for one in old for two in new if one.kind == two.kind == "keyword-only"]
    same_length = len(positionals(old)) == len(positionals(new))
    return {
        one.name: two.name
        for one, two in pairs
        if one.name not in after
        and two.name not in before
        and ((same_length and one.kind != "keyword-only") or similar(one.name, two.name))
    }


def similar(one: str, two: str) -> bool:
    """Whether a name may be another one's successor."""
    return SequenceMatcher(None, one.lower(), two.lower()).ratio() >= SIMILAR


def _parameter_names(old: Parameters, new: Parameters, renamed: dict[str, str]) -> Iterator[Change]:
    before, after = {each.name for each in old}, {each.name for each in new}
    takes_any = any(each.kind == "var-keyword" for each in new)
    for each in old:
        if each.kind.startswith("var") or each.name in after:
            continue
        if each.name in renamed:
            text = f"calls its parameter '{each.name}' '{renamed[each.name]}'"
            yield Change(f"renamed {each.name}", text, _by_keyword(each.name))
        elif not (takes_any and each.kind == "keyword-only"):
            text = f"has lost its parameter '{each.name}'"
            yield Change(f"lost {each.name}", text, _fills(each.name, old))
    for each in new:
        if (
            each.name in before
            or each.name in renamed.values()
            or each.default
            or each.kind.startswith("var")
        ):
            continue
        text = f"requires a new parameter '{each.name}'"
        yield Change(f"requires {each.name}", text, _leaves_out(each.name, new))


def _order(old: Parameters, new: Parameters, renamed: dict[str, str]) -> Iterator[Change]:
    before = [renamed.get(each.name, each.name) for each in positionals(old)]
    after = [each.name for each in positionals(new)]
    kept = [name for name in before if name in after]
    if kept != after[: len(kept)]:
        text = f"takes its parameters in the order ({', '.join(after)}) instead of ({', '.join(before)})"
        yield Change("order", text, lambda site: _goes_elsewhere(site, before, after))


def _goes_elsewhere(site: CallSite, before: list[str], after: list[str]) -> bool:
    written = sum(1 for each in site.arguments if not each.keyword)
    return before[:written] != after[:written]


def _surplus(old: Parameters, new: Parameters) -> Iterator[Change]:
    kinds = {each.kind for each in new}
    lost = {each.kind: each.name for each in old if each.kind not in kinds}
    room, known = len(positionals(old)), {"", *(each.name for each in (*old, *new))}
    if "var-positional" in lost:
        text = f"takes no further positional arguments (*{lost['var-positional']})"
        yield Change("lost *", text, lambda site: sum(not each.keyword for each in site.arguments) > room)
    if "var-keyword" in lost:
        text = f"takes no further keywords (**{lost['var-keyword']})"
        yield Change("lost **", text, lambda site: any(each.keyword not in known for each in site.arguments))


def _one(old: Parameter, new: Parameter, parameters: Parameters, ancestors: Ancestors) -> Iterator[Change]:
    name = new.name
    if old.default and not new.default:
        text = f"has no default for '{name}' any more"
        yield Change(f"default {name}", text, _leaves_out(old.name, parameters))
    if old.kind != "keyword-only" and new.kind == "keyword-only":
        text = f"takes '{name}' as a keyword only"
        yield Change(f"keyword-only {name}", text, _by_position(old.name, parameters))
    if old.kind != "positional-only" and new.kind == "positional-only":
        text = f"takes '{name}' by position only"
        yield Change(f"positional-only {name}", text, _by_keyword(old.name))
    if old.annotation and new.annotation and not accepts(new.annotation, old.annotation, ancestors):
        text = f"takes {new.annotation} instead of {old.annotation} for '{name}'"
        yield Change(f"annotation {name}", text, _fills(old.name, parameters))


def _result(old: Offer, new: Offer, ancestors: Ancestors) -> Iterator[Change]:
    if old.asynchronous != new.asynchronous:
        text = "has to be awaited now" if new.asynchronous else "is no coroutine any more"
        yield Change("async" if new.asynchronous else "sync", text, _treats_as(old.asynchronous))
    if old.returns and new.returns and not accepts(old.returns, new.returns, ancestors):
        text = f"returns {new.returns} instead of {old.returns}"
        yield Change("returns", text, lambda site: site.result != "discarded")


def _treats_as(asynchronous: bool) -> Callable[[CallSite], bool]:
    # A coroutine may be handed on before it is awaited; what is no coroutine is never awaited.
    return lambda site: site.result != "discarded" if asynchronous else site.result != "awaited"


def _fills(name: str, parameters: Parameters) -> Callable[[CallSite], bool]:
    return lambda site: name in filled(site, parameters)


def _leaves_out(name: str, parameters: Parameters) -> Callable[[CallSite], bool]:
    return lambda site: name not in filled(site, parameters)


def _by_keyword(name: str) -> Callable[[CallSite], bool]:
    return lambda site: any(each.keyword == name for each in site.arguments)


def _by_position(name: str, parameters: Parameters) -> Callable[[CallSite], bool]:
    return lambda site: not _by_keyword(name)(site) and name in filled(site, parameters)


def signature(offer: Offer) -> str:
    """The offer as a signature is written."""
    returns = f" -> {offer.returns}" if offer.returns else ""
    word = "async " if offer.asynchronous else ""
    if offer.form != "function":
        return f"{offer.form}{returns}"
    return f"{word}({', '.join(declared(offer.parameters))}){returns}"
