"""DF307 foreign-exception: a component lets the exception of its resource library escape through its interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dryfit.checks.experiments import above
from dryfit.checks.faulted import Tried
from dryfit.checks.mishandled import Mishandled, fails, function_of
from dryfit.model.finding import Fact
from dryfit.model.trial import Crossed, ErrorSeen


def judge(tried: Iterable[Tried]) -> Iterator[Mishandled]:
    """An exception of a library leaves the component that called it, and its caller does not use that library.

    An error where the component makes an exception of its own of another failure of that library; else a warning, one
    a component and library.
    """
    everything = tuple(
        each for each in tried if not each.experiment.then
    )  # who fails second is not always known
    users = _users(everything)
    libraries = frozenset(library for _, library in users)
    own = {pair for each in everything for pair in _translations(each, libraries)}
    told: set[tuple[str, str]] = set()
    for each in everything:
        for crossed, library in _escapes(each, users, libraries):
            component = crossed.point.seam.callee
            translates = (component, library) in own
            if translates or (component, library) not in told:
                told.add((component, library))
                yield _mishandled(each, crossed, library, translates=translates)


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


def _escapes(
    tried: Tried, users: set[tuple[str, str]], libraries: frozenset[str]
) -> Iterator[tuple[Crossed, str]]:
    """The crossing out of which a library's exception came into a component that does not use the library itself."""
    hit = tried.hit
    if hit is None or hit.effect == "call" or tried.experiment.fault.name == "cancelled":
        return
    for each in above(tried.trial, hit):
        error = tried.trial.errors[each.error] if each.error >= 0 else None
        library = _library(error, libraries) if error is not None else ""
        if not library:
            return
        if (each.point.seam.caller, hit.point.seam.callee) not in users:
            yield each, library
            return


def _translations(tried: Tried, libraries: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Components that gave an exception of their own for one of a library's."""
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
                        yield each.point.seam.callee, library
            return


def _users(tried: Iterable[Tried]) -> set[tuple[str, str]]:
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
