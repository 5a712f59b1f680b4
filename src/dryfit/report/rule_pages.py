"""Where the rules are explained at length."""

RULE_PAGES = "docs/rules/"
"""In dryfit's own documentation, which travels with its source."""


def rule_page(identifier: str) -> str:
    """The page of one rule: ``docs/rules/DF101.md``."""
    return f"{RULE_PAGES}{identifier}.md"
