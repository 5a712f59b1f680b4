"""What instances of a class have, as far as the class tells without being asked."""

from __future__ import annotations

import sys
from types import ModuleType

from dryfit.model.annotations import annotated_names
from dryfit.model.stand_in import ClassFacts
from dryfit.probes.statics import defines, module_of, mro, namespace, type_name

MOST_NAMES = 400

_TELLING = frozenset({"__getitem__", "__iter__", "__len__", "__call__", "__await__"})
"""The special methods that say what else an object can be used as."""


def class_facts(name: str) -> ClassFacts | None:
    """Tell of a class that is loaded under this dotted name; ``None`` for a builtin, a mock, or none at all."""
    found = _class(name)
    if found is None or module_of(found) == "unittest.mock":
        return None
    bases = mro(found)[:-1]
    names = {
        each
        for base in bases
        for each in (*namespace(base), *annotated_names(namespace(base)))
        if type(each) is str
    }
    return ClassFacts(
        name,
        tuple(sorted(each for each in names if not each.startswith("__") or each in _TELLING)[:MOST_NAMES]),
        tuple(type_name(base) for base in bases[1:]),
        dynamic=defines(found, "__getattr__") or len(names) > MOST_NAMES,
    )


def _class(name: str) -> type | None:
    module, _, rest = name.rpartition(".")
    path = [rest]
    while module and module not in sys.modules:
        module, _, part = module.rpartition(".")
        path.insert(0, part)
    found: object = sys.modules.get(module)
    for part in path:
        if type(found) is ModuleType:
            found = found.__dict__.get(part)
        elif issubclass(type(found), type):
            found = namespace(found).get(part)  # type: ignore[arg-type]  # known to be a class
        else:
            return None
    return found if issubclass(type(found), type) else None  # type: ignore[return-value]
