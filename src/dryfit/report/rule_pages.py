"""The rules explained at length: one page of Markdown each, which the documentation and every report share."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*\.md)\)")
_RULE_PAGE = re.compile(r"(DF\d+)\.md")


def rule_page(identifier: str) -> str:
    """The page of one rule as Markdown, without its links, which lead into the documentation."""
    return _LINK.sub(r"\1", _text(identifier))


def rule_body(identifier: str, linked: Collection[str] = ()) -> str:
    """What the page says below its title and the rule's meaning, as HTML for the inside of a section.

    A link to the page of a rule among ``linked`` becomes one to the anchor ``#rule-DF101``; other links become text.
    """
    # Only once the tests are over: they may be the library's own.
    from markdown_it import MarkdownIt

    def anchor(link: re.Match[str]) -> str:
        page = _RULE_PAGE.fullmatch(link[2])
        return f"[{link[1]}](#rule-{page[1]})" if page and page[1] in linked else link[1]

    _title, _meaning, body = _text(identifier).split("\n\n", 2)
    parser = MarkdownIt("commonmark", {"html": False})
    tokens = parser.parse(_LINK.sub(anchor, body))
    for token in tokens:
        if token.tag == "h2":
            token.tag = "h4"
    return str(parser.renderer.render(tokens, parser.options, {}))


def _text(identifier: str) -> str:
    return (_folder() / f"{identifier}.md").read_text(encoding="utf-8")


def _folder() -> Traversable:
    """Beside this file in a wheel; in a checkout where the documentation has it."""
    packed = files("dryfit.report") / "rules"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "docs" / "rules"
