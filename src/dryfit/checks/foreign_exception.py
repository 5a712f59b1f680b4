"""DF307 foreign-exception: a component lets the exception of its resource library escape through its interface."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from dryfit.checks.experiments import above
from dryfit.checks.faulted import Tried
from dryfit.checks.mishandled import Mishandled, fails, function_of
from dryfit.model.finding import Fact
from dryfit.model.seam import DRIVER
from dryfit.model.trial import Crossed, ErrorSeen

User = tuple[str, str]
"""A component, and a library that it uses."""


def judge(tried: Iterable[Tried]) -> Iterator[Mishandled]:
    """An exception of a library leaves the component that called it, and its caller does not use that library.

    An error where the component makes exceptions of its own of that library's in as many of its callables: then it was
    forgotten here. Else a warning, one a component and library.
    """
    # Of a pair it is not always known who has failed.
    everything = tuple(each for each in tried if not each.experiment.then)
    users = _users(everything)
    libraries = frozenset(library for _, library in users)
    translating = _by_user(found for each in everything for found in _translations(each, libraries))
    escaping = [(each, *found) for each in everything for found in _escapes(each, users, libraries)]
    leaking = _by_user((crossed, library) for _, crossed, library in escaping)
    told: set[User] = set()
    for each, crossed, library in escaping:
        user = (crossed.point.seam.callee, library)
        translates = len(translating[user]) >= len(leaking[user])
        if translates or user not in told:
            told.add(user)
            yield _mishandled(each, crossed, library, translates=translates)


def _by_user(found: Iterable[tuple[Crossed, str]]) -> Mapping[User, set[str]]:
    """The callables out of which something came, by the component and the library."""
    callables: dict[User, set[str]] = defaultdict(set)
    for crossed, library in found:
        callables[crossed.point.seam.callee, library].add(function_of(crossed))
    return callables


def _mishandled(tried: Tried, crossed: Crossed, library: str, *, translates: bool) -> Mishandled:
    component, handler = crossed.point.seam.callee, function_of(crossed)
    error = tried.trial.errors[crossed.error]
    elsewhere = f"{component} makes exceptions of its own of {library}'s elsewhere" if translates else ""
    return Mishandled(
        "DF307",
        tried,
        handler if translates else component,
        f"{handler} lets {error.bases[0]} escape to {crossed.point.seam.caller}, when {fails(tried)}"
        + (f"; {elsewhere}" if elsewhere else ""),
        severity="error" if translates else "warning",
        evidence=(Fact("escapes from", handler),),
    )


def _escapes(tried: Tried, users: set[User], libraries: frozenset[str]) -> Iterator[tuple[Crossed, str]]:
    """The crossing out of which a library's exception came into a component that does not use the library itself.

    What the tests alone see counts for nothing.
    """
    hit = tried.hit
    if hit is None or hit.effect == "call" or tried.experiment.fault.name == "cancelled":
        return
    for each in above(tried.trial, hit):
        error = tried.trial.errors[each.error] if each.error >= 0 else None
        library = _library(error, libraries) if error is not None else ""
        if not library or each.point.seam.caller == DRIVER:
            return
        if (each.point.seam.caller, hit.point.seam.callee) not in users:
            yield each, library
            return


def _translations(tried: Tried, libraries: frozenset[str]) -> Iterator[tuple[Crossed, str]]:
    """The crossing into a component that gave an exception of its own for one of a library's."""
    hit = tried.hit
    if hit is None or hit.effect == "call":
        return
    for each in above(tried.trial, hit):
        error = tried.trial.errors[each.error] if each.error >= 0 else None
        if error is None:
            return
        if not _library(error, libraries):
            if not error.bases[0].startswith("builtins.") and "." in error.bases[0]:
                for number in error.chain:
                    if library := _library(tried.trial.errors[number], libraries):
                        yield each, library
            return


def _users(tried: Iterable[Tried]) -> set[User]:
    """Components with the resource libraries that they call themselves."""
    return {
        (crossed.point.seam.caller, crossed.point.seam.callee)
        for each in tried
        for crossed in each.baselines[0].crossings
        if crossed.effect != "call"
    }


def _library(error: ErrorSeen, libraries: frozenset[str]) -> str:
    """The library that an exception belongs to, "" for the project's own and for builtin ones."""
    top = error.bases[0].partition(".")[0]
    return top if top in libraries else ""
