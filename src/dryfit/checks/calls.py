"""The calls and interfaces that stand in the source, found by what a run shows."""

from __future__ import annotations

from collections import defaultdict

from dryfit.checks.names import plain, tail
from dryfit.checks.seams import Line, line
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import CallSite, Interface, Parameter, PassedArgument, ProjectMap

POSITIONAL = ("positional-only", "positional-or-keyword")


class CallSites:
    """The project's call sites by line, and its interfaces by name."""

    def __init__(self, project: ProjectMap) -> None:
        self._at: dict[Line, list[CallSite]] = defaultdict(list)
        self._interfaces: dict[str, list[Interface]] = defaultdict(list)
        for site in project.call_sites:
            self._at[line(site.place)].append(site)
        for interface in project.interfaces:
            self._interfaces[plain(interface.name)].append(interface)

    def at(self, place: Place, seam: Seam) -> tuple[CallSite, ...]:
        """The call sites of the source that a crossing of the seam at that place can be."""
        there = self._at.get(line(place), [])
        return tuple(
            site
            for site in there
            if site.caller == seam.caller and tail(site.callable) == tail(seam.callable)
        )

    def on(self, place: Place, caller: str) -> tuple[CallSite, ...]:
        """The calls of one component on that line."""
        return tuple(site for site in self._at.get(line(place), []) if site.caller == caller)

    def interfaces(self, callable_name: str) -> tuple[Interface, ...]:
        """Every definition of the name; there are several where the source chooses between them."""
        return tuple(self._interfaces.get(plain(callable_name), ()))

    def interface(self, callable_name: str) -> Interface | None:
        """The one definition of the name, or ``None`` where there is none or a choice."""
        found = self.interfaces(callable_name)
        return found[0] if len(found) == 1 else None


def argument_for(parameter: str, site: CallSite, interface: Interface | None) -> PassedArgument | None:
    """The argument that a call writes for a parameter, or ``None`` where it writes none or that cannot be known."""
    for argument in site.arguments:
        if argument.keyword == parameter:
            return argument
    if interface is None or site.starred:
        return None
    positional = positionals(interface.parameters)
    written = [argument for argument in site.arguments if not argument.keyword]
    pairs = dict(zip((each.name for each in positional), written, strict=False))
    return pairs.get(parameter)


def positionals(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters that a positional argument can fill, in order."""
    return tuple(parameter for parameter in parameters if parameter.kind in POSITIONAL)
