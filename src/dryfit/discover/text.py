"""A module's text: decoded as Python does it, and cut by the positions of its syntax tree."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass, field

LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file and its lines."""

    text: str
    lines: list[str] = field(default_factory=list)

    def segment(self, node: ast.expr) -> str:
        """The source of an expression on one line, cut to ``LONGEST_TEXT`` characters."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        end = _column(self.lines[last], node.end_col_offset or 0)
        start = _column(self.lines[first], node.col_offset)
        if first == last:
            text = self.lines[first][start:end]
        else:
            parts = [self.lines[first][start:], *self.lines[first + 1 : last], self.lines[last][:end]]
            text = " ".join(part.strip() for part in parts)
        return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def decode(content: bytes) -> Source:
    """Decode by the file's byte order mark or coding line; raises ``SyntaxError`` or ``UnicodeDecodeError``."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    return Source(text, text.split("\n"))


def _column(line: str, offset: int) -> int:
    """Positions in the tree count UTF-8 bytes."""
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))
