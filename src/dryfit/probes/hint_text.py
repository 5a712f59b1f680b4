"""A type hint as text, the same on every Python: findings are known by it again."""

from __future__ import annotations

import ast
import functools
import typing

from dryfit.probes.statics import type_name


@functools.singledispatch
def hint_text(annotation: object) -> str:
    """Write a hint as its author did, without what is only noted beside the type, as ``Annotated`` does.

    Unions are written with bars: from CPython 3.14 on nobody can tell how they were.
    """
    if typing.get_origin(annotation) is typing.Annotated:
        return hint_text(typing.get_args(annotation)[0])
    text = str(annotation).replace("typing.", "")
    return _with_bars(text) if "Optional[" in text or "Union[" in text else text


@hint_text.register
def _(annotation: str) -> str:
    return annotation


@hint_text.register
def _(annotation: type) -> str:
    return type_name(annotation)


def _with_bars(text: str) -> str:
    try:
        return ast.unparse(_Bars().visit(ast.parse(text, mode="eval")))
    except SyntaxError:  # a class within a function, say
        return text


class _Bars(ast.NodeTransformer):
    """Puts bars between the members of ``Optional`` and ``Union``, at any depth."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        kind = node.value.id if isinstance(node.value, ast.Name) else ""
        if kind not in ("Optional", "Union"):
            return node
        members = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if kind == "Optional":
            members = [*members, ast.Constant(None)]
        return functools.reduce(
            lambda left, right: ast.BinOp(left, ast.BitOr(), right), map(_member, members)
        )


def _member(node: ast.expr) -> ast.expr:
    is_none = isinstance(node, ast.Name) and node.id == "NoneType"
    return ast.Constant(None) if is_none else node
