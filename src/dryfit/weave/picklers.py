"""Has cloudpickle, which writes functions down by value, write their own code and not a trampoline."""

from __future__ import annotations

from types import CodeType, FunctionType, ModuleType
from typing import Any

from dryfit.model.crossing import Callee
from dryfit.weave.loop import Woven
from dryfit.weave.weaver import Weaver

PICKLER_MODULES = frozenset({"cloudpickle.cloudpickle"})

_ASKED_FOR_CODE = ("_code_reduce", "_extract_code_globals", "_find_imported_submodules")
"""Functions of that module whose first argument is a code object."""


class Picklers:
    """Weaves what is asked about a code object to be written."""

    def __init__(self, weaver: Weaver) -> None:
        self._weaver = weaver

    def weave_module(self, module: ModuleType) -> None:
        """Weave one module, if it is of interest."""
        for name in _ASKED_FOR_CODE if module.__name__ in PICKLER_MODULES else ():
            function = vars(module).get(name)
            if isinstance(function, FunctionType):
                callee = Callee("<pickler>", f"{module.__name__}.{name}", ())
                self._weaver.weave(function, callee, cross=self._with_own_code)

    def _with_own_code(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        code: CodeType = values[0]
        return woven.function(self._weaver.own_code(code), *values[1:])
