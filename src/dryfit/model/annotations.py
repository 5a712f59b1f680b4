"""Annotations as they stand, without the names in them having to mean anything yet."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import FunctionType, MethodType

if sys.version_info >= (3, 14):
    import annotationlib

EVALUATES = "__annotate__"
"""The name of the functions that the compiler makes, from CPython 3.14 on, to evaluate annotations (PEP 649)."""


def annotations_of(function: FunctionType | MethodType) -> Mapping[str, object]:
    """A function's annotations; where a name in one means nothing, a ``ForwardRef`` stands for it."""
    if sys.version_info >= (3, 14):
        return annotationlib.get_annotations(function, format=annotationlib.Format.FORWARDREF)
    return function.__annotations__


def annotated_names(namespace: Mapping[str, object]) -> tuple[str, ...]:
    """The names that a class annotates itself, by what stands in its namespace; no base, and no metaclass, is asked."""
    annotations = namespace.get("__annotations__")
    if sys.version_info >= (3, 14) and annotations is None:
        evaluates = annotationlib.get_annotate_from_class_namespace(namespace)
        if evaluates is not None:
            annotations = annotationlib.call_annotate_function(evaluates, annotationlib.Format.STRING)
    return tuple(annotations) if type(annotations) is dict else ()
