"""Names of databases that are the same in every trial."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from dryfit.model.target import IN_MEMORY, Target

_OWN = re.compile(r"dryfit_[0-9a-f]{8}\w*")
_GENERATED = re.compile(r"(?<![a-z0-9])tmp[a-z0-9_]{8}(?![a-z0-9_])|[0-9a-f]{8,}|\d{3,}|gw\d+")
"""Also a name that ``tempfile`` has made up."""


class Names:
    """Names targets in the order in which the program uses them; where two are called alike, by a number."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: dict[Target, str] = {}
        self._counts: Counter[str] = Counter()

    def name_of(self, target: Target) -> str:
        """``sqlite shop.db``, ``postgres shop``, ``sqlite :memory:``, ``sqlite :memory: (2)``."""
        if target not in self._names:
            name = f"{target.kind} {self._plain(target)}"
            self._counts[name] += 1
            number = self._counts[name]
            self._names[target] = name if number == 1 else f"{name} ({number})"
        return self._names[target]

    def __contains__(self, target: Target) -> bool:
        return target in self._names

    def _plain(self, target: Target) -> str:
        if target.kind == "sqlite":
            return IN_MEMORY if target.connection is not None else self.of_file(Path(target.address))
        return _OWN.sub("dryfit", target.name) if _OWN.match(target.name) else _masked(target.name)

    def of_file(self, path: Path) -> str:
        """Its path in the project, or its name elsewhere."""
        if path.is_relative_to(self._root):
            return path.relative_to(self._root).as_posix()
        return _masked(path.name)


def _masked(name: str) -> str:
    return _GENERATED.sub("…", name)
