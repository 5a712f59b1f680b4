"""The rules' pages, which the documentation and every report share."""

import io
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from dryfit.model.finding import RULES, Rule
from dryfit.report import rule_pages
from dryfit.report.rule_pages import rule_body, rule_page
from dryfit.report.rule_terminal import WIDEST, render_page, render_rules

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "rules"

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def printed(rule: Rule | None = None, *, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200)
    if rule is None:
        render_rules(console)
    else:
        render_page(rule, console)
    return out.getvalue()


@each_rule
def test_a_page_begins_with_name_and_meaning_and_has_every_part(rule: Rule) -> None:
    page = rule_page(rule.id)
    assert page.startswith(f"# {rule.id} {rule.slug}\n\n{rule.meaning}\n\n")
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["Example", "How to fix it", "When it is wrong", "Severity"]


def test_every_page_is_of_a_rule_and_in_the_list() -> None:
    assert sorted(page.stem for page in DOCS.glob("DF*.md")) == [rule.id for rule in RULES]
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for rule in RULES:
        row = f"| [{rule.id}]({rule.id}.md) | {rule.slug} | {rule.check} | {rule.severity} | {rule.meaning} |"
        assert row in index


def test_the_build_puts_the_pages_where_they_are_looked_for() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    (source, target), *_ = build["targets"]["wheel"]["force-include"].items()
    assert ROOT / source == DOCS
    assert target == f"{rule_pages.__package__.replace('.', '/')}/rules"


@each_rule
def test_no_link_leads_out_of_a_report(rule: Rule) -> None:
    assert "](" not in rule_page(rule.id)
    assert "href" not in rule_body(rule.id)


def test_pages_of_one_report_link_to_each_other() -> None:
    assert '<a href="#rule-DF104">DF104</a>' in rule_body("DF105", {"DF104", "DF105"})
    assert "Like DF104, this rule" in rule_body("DF105", {"DF105"})


@each_rule
def test_the_body_is_markup_in_balance_below_the_report_s_headings(rule: Rule) -> None:
    class Tags(HTMLParser):
        opened: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.opened.append(tag)
            seen.add(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.opened.pop() == tag

    seen: set[str] = set()
    tags = Tags()
    tags.opened = []
    tags.feed(rule_body(rule.id))
    assert tags.opened == []
    assert {"h4", "pre", "p"} <= seen
    assert not seen & {"h1", "h2", "h3"}
    assert rule.meaning not in rule_body(rule.id)


@each_rule
def test_where_there_is_no_terminal_the_page_is_its_markdown(rule: Rule) -> None:
    assert printed(rule) == rule_page(rule.id)


def test_in_a_terminal_it_is_laid_out_in_lines_that_can_be_read() -> None:
    text = printed(RULES[0], terminal=True)
    assert "DF101 lossy-transfer" in text
    assert "##" not in text
    assert "\x1b[" in text
    assert max(len(line) for line in Text.from_ansi(text).plain.splitlines()) <= WIDEST


def test_all_rules_are_listed_a_line_each() -> None:
    lines = printed().splitlines()
    assert [line.split()[:3] for line in lines] == [[rule.id, rule.slug, rule.severity] for rule in RULES]
