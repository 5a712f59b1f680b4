"""Calls from one component to another, and those that may be such calls but can't be decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dryfit.discover.expressions import Unknown, parted
from dryfit.discover.facts import CallFacts, FunctionFacts, ModuleFacts
from dryfit.discover.hidden import arguments_without_secrets, without_secrets
from dryfit.discover.resolve import Project
from dryfit.discover.values import ClassValue
from dryfit.model.seam import Place
from dryfit.model.structure import CallSite, ImportEdge, Unresolved


def call_sites(
    project: Project, component_of: Mapping[str, str], edges: tuple[ImportEdge, ...]
) -> tuple[tuple[CallSite, ...], tuple[Unresolved, ...]]:
    """The calls that cross a seam, and those that may. A call is never guessed: see ``Unresolved``."""
    methods = _method_names(project, component_of)
    near: dict[str, set[str]] = {}
    for edge in edges:
        near.setdefault(edge.importer, set()).update(methods.get(edge.imported, ()))
    found = []
    unresolved = []
    for caller, module, call in _calls(project, component_of):
        target = project.target(call.callee)
        if isinstance(target, FunctionFacts):
            callee = component_of.get(project.home[target.name])
            if callee and callee != caller:
                bound = _as_bound(project, target, call)
                found.append(_site(caller, callee, target, module, bound))
        elif isinstance(target, Unknown) and _may_cross(target, call, caller, near, project, component_of):
            text = without_secrets(call.text)
            unresolved.append(Unresolved(caller, _place(module, call), text, target.reason))
    return tuple(sorted(found, key=_site_order)), tuple(sorted(unresolved, key=_unresolved_order))


def _calls(project: Project, component_of: Mapping[str, str]) -> Iterator[tuple[str, ModuleFacts, CallFacts]]:
    for module in project.modules.values():
        caller = component_of.get(module.module.name)
        for call in module.calls if caller else ():
            yield caller or "", module, call


def _may_cross(
    target: Unknown,
    call: CallFacts,
    caller: str,
    near: Mapping[str, set[str]],
    project: Project,
    component_of: Mapping[str, str],
) -> bool:
    """Some candidate lies elsewhere; or, without candidates, an imported component has a method of that name."""
    if target.candidates:
        homes = (component_of.get(project.home[name]) for name in target.candidates)
        return any(home not in (None, caller) for home in homes)
    _, dot, name = call.text.rpartition(".")
    return bool(dot) and name in near.get(caller, ())


def _method_names(project: Project, component_of: Mapping[str, str]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for each in project.classes.values():
        component = component_of.get(project.home[each.name])
        if component:
            public = {
                name for name, method in each.methods.items() if name[0] != "_" and method.kind != "property"
            }
            names.setdefault(component, set()).update(public)
    return names


def _as_bound(project: Project, target: FunctionFacts, call: CallFacts) -> CallFacts:
    """The call without the receiver, which one through the class, ``Base.method(self, …)``, writes out.

    Through ``self`` or ``cls`` nobody knows which it is: a method may be an alias there, so nothing is bound.
    """
    parts = parted(call.callee)
    if target.kind != "method" or parts is None or not isinstance(project.resolve(parts[0]), ClassValue):
        return call
    if call.text.rpartition(".")[0] in ("self", "cls") or not call.arguments or call.arguments[0].keyword:
        return replace(call, starred=True)
    return replace(call, arguments=call.arguments[1:])


def _site(caller: str, callee: str, target: FunctionFacts, module: ModuleFacts, call: CallFacts) -> CallSite:
    arguments = tuple(arguments_without_secrets(call.arguments, target.parameters))
    return CallSite(caller, callee, target.name, _place(module, call), arguments, call.starred, call.result)


def _place(module: ModuleFacts, call: CallFacts) -> Place:
    return Place(module.module.file, call.line, call.function)


def _site_order(site: CallSite) -> tuple[str, str, str, Place]:
    return site.caller, site.callee, site.callable, site.place


def _unresolved_order(each: Unresolved) -> tuple[str, Place, str]:
    return each.caller, each.place, each.text
