"""The rules in a terminal, or as plain text where the output is none."""

from __future__ import annotations

from rich.console import Console
from rich.theme import Theme

from dryfit.model.finding import RULES, Rule
from dryfit.report.ascii import fit, knows_signs
from dryfit.report.rule_pages import rule_page

WIDEST = 96
"""Columns of a page: longer lines of prose are hard to read."""

STYLES = Theme({"markdown.code": "cyan"})  # rich puts a black ground behind it, also on a light terminal


def render_page(rule: Rule, console: Console) -> None:
    """Print the page of a rule: laid out for a terminal, as its Markdown where the output is none."""
    page = rule_page(rule.id)
    if not console.is_terminal or not knows_signs(console.encoding):
        for line in page.splitlines():
            _print(fit(line, console.encoding), console)
        return
    from rich.markdown import Markdown  # slow to import, and wanted here alone

    with console.use_theme(STYLES):
        console.print(Markdown(page, code_theme="ansi_dark"), width=min(console.width, WIDEST))


def render_rules(console: Console) -> None:
    """Print a line for each rule: id, name, severity, meaning."""
    name = max(len(rule.slug) for rule in RULES)
    severity = max(len(rule.severity) for rule in RULES)
    for rule in RULES:
        line = f"{rule.id}  {rule.slug:<{name}}  {rule.severity:<{severity}}  {rule.meaning}"
        _print(fit(line, console.encoding), console)


def _print(line: str, console: Console) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
