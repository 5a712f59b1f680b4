"""The expressions of the source that instructions belong to, by the positions that the compiler has noted."""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from linecache import getline
from types import CodeType

_TESTS = ("JUMP_IF", "POP_JUMP", "TO_BOOL", "UNARY_NOT")
"""Ask whether what was evaluated last is true; the compiler gives some of them the position of a whole statement."""

_NOTHING = frozenset(("CACHE", "COPY", "EXTENDED_ARG", "NOP"))


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name, its argument as ``dis`` has it, and the expression that it evaluates.

    There is none of an instruction without a position, or where the source is not at hand.
    """

    name: str
    argument: object
    expression: ast.expr | None


def instructions_of(code: CodeType, wanted: Iterable[str]) -> dict[int, Instruction]:
    """The instructions by their offsets whose names begin with one that is wanted."""
    names = tuple(wanted)
    found: dict[int, Instruction] = {}
    tested: ast.expr | None = None
    for each in dis.get_instructions(code):
        if each.opname.startswith(names):
            is_test = each.opname.startswith(_TESTS)
            expression = tested if is_test else _parsed(each, code.co_filename)
            found[each.offset] = Instruction(each.opname, each.argval, expression)
            tested = expression
        elif each.opname not in _NOTHING:
            tested = None
    return found


def _parsed(found: dis.Instruction, file: str) -> ast.expr | None:
    text = _text(found.positions, file) if found.positions is not None else ""
    try:
        return ast.parse(f"({text})", mode="eval").body if text else None
    except SyntaxError:  # a whole statement, as of a loop
        return None


def _text(at: dis.Positions, file: str) -> str:
    """The source from where a position begins to where it ends; columns count bytes."""
    if at.lineno is None or at.end_lineno is None or at.col_offset is None or at.end_col_offset is None:
        return ""
    lines = [getline(file, number).encode() for number in range(at.lineno, at.end_lineno + 1)]
    lines[-1] = lines[-1][: at.end_col_offset]
    lines[0] = lines[0][at.col_offset :]
    return b"".join(lines).decode(errors="replace")


def operands(expression: ast.expr) -> Iterator[ast.expr]:
    """What an expression is made of, and the expression itself."""
    yield expression
    yield from (each for each in ast.iter_child_nodes(expression) if isinstance(each, ast.expr))
