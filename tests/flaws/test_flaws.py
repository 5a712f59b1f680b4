"""Each rule fires on a flawed program, whose own tests are green, and is silent on its mended twin.

``RULE-slug/programs/VARIANT`` holds a pair: ``flawed`` is a whole program with its suite, ``mended`` has the files
in which its twin differs, ``expected.toml`` says what is to be found: caller, callable, severity, the ``sub-kind``
where a rule knows several kinds of mistake, the ``handler`` that mishandles a failure, ``on-wire`` where a reply that
is lost on the wire shows it, the ``function`` whose call is shown, in ``also`` other rules that the same mistake
breaks, and in ``options`` what ``dryfit check`` is to be told. Where there is a ``base``, it is the program as it was
at a git revision that the program is compared with. What takes long and shows what another pair shows by another
driver, or over another wire, is a ``campaign``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import plugins

from dryfit.model.finding import RULES

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "rules"


def _expected(pair: Path) -> dict[str, Any]:
    return tomllib.loads((pair / "expected.toml").read_text())


def _marked(pair: Path) -> object:
    return pytest.param(pair, marks=[pytest.mark.campaign] if _expected(pair).get("campaign") else [])


PAIRS = list(map(_marked, sorted(HERE.glob("*/programs/*"))))


@dataclass(frozen=True, slots=True)
class Checked:
    """What ``dryfit check`` said of one program."""

    status: int
    report: dict[str, Any]
    said: str

    @property
    def rules(self) -> set[str]:
        """The rules that were broken."""
        return {finding["rule"] for finding in self.report["findings"]}


@pytest.fixture
def check(run_dryfit, tmp_path):
    """Copy a program, the twin's files over it, and check it."""

    def _check(*layers: Path) -> Checked:
        base = _commit(layers[0].parent / "base", tmp_path / "program")
        for layer in layers:
            shutil.copytree(layer, tmp_path / "program", dirs_exist_ok=True)
        report = tmp_path / "report.json"
        options = [*_only(layers[0].parent), *_expected(layers[0].parent).get("options", [])]
        arguments = ["check", "--json", str(report), *base, *options]
        done = run_dryfit(arguments, cwd=tmp_path / "program", env=os.environ | plugins.only(), timeout=120)
        assert report.exists(), done.stdout + done.stderr
        return Checked(done.returncode, json.loads(report.read_text()), done.stdout + done.stderr)

    return _check


def _commit(base: Path, program: Path) -> list[str]:
    """Make a repository of what was there before, and give the option that names it."""
    if not base.is_dir():
        return []
    shutil.copytree(base, program)
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "before"]):
        subprocess.run(["git", *command], cwd=program, check=True)
    return ["--base", "HEAD"]


def _only(pair: Path) -> list[str]:
    """Failures and overlaps are tried on the programs that are about them: the others need not stand any."""
    check = next(rule.check for rule in RULES if rule.id == _rule(pair))
    if check == "contention":
        return ["--only", check]
    return ["--only", "data,interfaces,exceptions" if check == "exceptions" else "data,interfaces"]


def _rule(pair: Path) -> str:
    return pair.parents[1].name.partition("-")[0]


def _name(pair: Path) -> str:
    return f"{_rule(pair)}-{pair.name}"


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_the_flaw_is_found(check, pair):
    expected = _expected(pair)
    checked = check(pair / "flawed")
    assert checked.report["tests"]["failed"] == 0 < checked.report["tests"]["passed"], checked.said
    findings = [finding for finding in checked.report["findings"] if finding["rule"] == _rule(pair)]
    found = [
        (finding["seam"]["caller"], finding["seam"]["callable"], finding["severity"]) for finding in findings
    ]
    assert found == [(expected["caller"], expected["callable"], expected["severity"])], checked.said
    if "sub-kind" in expected:
        assert findings[0]["evidence"]["sub-kind"] == [expected["sub-kind"]], checked.said
    if "handler" in expected:
        assert findings[0]["evidence"]["handled in"] == expected["handler"], checked.said
    if "function" in expected:
        assert findings[0]["site"]["function"] == expected["function"], checked.said
    if expected.get("on-wire"):
        assert "the wire loses its reply" in str(findings[0]["evidence"]["faults"]), checked.said
    assert checked.rules <= {_rule(pair), *expected.get("also", ())}, checked.said
    assert checked.status == (1 if expected["severity"] == "error" else 0)


@pytest.mark.parametrize("pair", PAIRS, ids=_name)
def test_the_mended_twin_is_silent(check, pair):
    checked = check(pair / "flawed", pair / "mended")
    assert checked.report["tests"]["failed"] == 0 < checked.report["tests"]["passed"], checked.said
    assert checked.report["findings"] == [], checked.said
    assert checked.status == 0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_a_page_and_a_pair(rule):
    programs = HERE / f"{rule.id}-{rule.slug}" / "programs"
    assert any((pair / "flawed").is_dir() and (pair / "mended").is_dir() for pair in programs.iterdir())
    page = (PAGES / f"{rule.id}.md").read_text()
    assert page.startswith(f"# {rule.id} {rule.slug}\n\n{rule.meaning}\n")
    row = f"| [{rule.id}]({rule.id}.md) | {rule.slug} | {rule.check} | {rule.severity} | {rule.meaning} |"
    assert row in (PAGES / "index.md").read_text().splitlines()
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["Example", "How to fix it", "When it is wrong", "Severity"]
