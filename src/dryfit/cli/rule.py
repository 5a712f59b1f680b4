"""``dryfit rule``: what a rule means, an example, how to fix what it finds, and when it is wrong."""

from __future__ import annotations

from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem
from rich.console import Console

from dryfit.model.errors import UsageError
from dryfit.model.finding import RULES, Rule
from dryfit.report.rule_terminal import render_page, render_rules


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(rule.id, help=rule.slug) for rule in RULES if rule.id.startswith(begun.upper())]


@click.command("rule")
@click.argument("name", metavar="[RULE]", required=False, shell_complete=_complete)
def command(name: str | None) -> None:
    """Explain a rule: what it means, an example, how to fix it, and when it is wrong.

    RULE is its id, its name, or the id of a finding: DF101, lossy-transfer, DF101-3fa1c2. Without it all rules are
    listed.
    """
    if name is None:
        render_rules(Console())
    else:
        render_page(named(name), Console())


def named(name: str) -> Rule:
    """The rule of this id, name, or finding's id; ``UsageError`` with the nearest where there is none."""
    known = {key: rule for rule in RULES for key in (rule.id.lower(), rule.slug)}
    wanted = name.lower()
    found = known.get(wanted) or known.get(wanted.partition("-")[0])
    if found is None:
        near = get_close_matches(wanted, known, n=1)
        hint = (
            f"did you mean {known[near[0]].id} {known[near[0]].slug}?" if near else "`dryfit rule` lists them"
        )
        raise UsageError(f"{name}: there is no such rule; {hint}")
    return found
