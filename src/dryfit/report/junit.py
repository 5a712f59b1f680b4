"""The findings as JUnit XML: one suite a check, one case a finding, and one for each rule that found nothing.

Errors are failures. JUnit knows no warnings: warnings and notes are passed cases that say so in their output.
What was accepted is skipped, with its reason. What a check left out stands in its suite's output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from dryfit.model.finding import RULES, Finding
from dryfit.model.run import CheckSummary, Run
from dryfit.model.trace import Skipped
from dryfit.report.columns import columns
from dryfit.report.evidence import line
from dryfit.report.groups import left_out_by_check, shortfall
from dryfit.report.lanes import besides

# https://www.w3.org/TR/xml/#charsets
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(run: Run) -> str:
    """The whole document as text."""
    root = ElementTree.Element("testsuites", name="dryfit", time=f"{run.info.seconds:.3f}")
    root.extend(_suite(run, summary) for summary in _summaries(run))
    _total(root, root.iter("testsuite"))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _summaries(run: Run) -> Iterable[CheckSummary]:
    """The checks that ran, and any that has findings without a summary: no finding gets lost."""
    yield from run.checks
    summarised = {summary.check for summary in run.checks}
    yield from (CheckSummary(check, 0.0) for check in sorted({f.check for f in run.findings} - summarised))


def _suite(run: Run, summary: CheckSummary) -> ElementTree.Element:
    found = [finding for finding in run.findings if finding.check == summary.check]
    suite = ElementTree.Element(
        "testsuite",
        name=f"dryfit.{summary.check}",
        timestamp=_clean(run.info.started[:19]),
        time=f"{summary.seconds:.3f}",
    )
    suite.extend(_case(finding) for finding in found)
    silent = {rule.id for rule in RULES} - {finding.rule for finding in found}
    suite.extend(
        ElementTree.Element(
            "testcase", classname=f"dryfit.{rule.check}.{rule.id}", name=f"{rule.slug}: nothing found"
        )
        for rule in RULES
        if rule.check == summary.check and rule.id in silent
    )
    for case in suite:
        case.set("time", "0")
    if unchecked := _unchecked(summary, left_out_by_check(run).get(summary.check, ())):
        ElementTree.SubElement(suite, "system-out").text = unchecked
    _count(suite)
    return suite


def _case(finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"dryfit.{finding.check}.{finding.rule}",
        name=_clean(f"{finding.name}: {finding.seam} [{finding.id}]"),
    )
    message = _clean(finding.message)
    if finding.accepted is not None:
        ElementTree.SubElement(case, "skipped", message=_clean(f"accepted: {finding.accepted}"))
        ElementTree.SubElement(case, "system-out").text = _text(finding)
    elif finding.severity == "error":
        ElementTree.SubElement(case, "failure", type=finding.rule, message=message).text = _text(finding)
    else:
        ElementTree.SubElement(case, "system-out").text = f"{finding.severity}: {_text(finding)}"
    return case


def _text(finding: Finding) -> str:
    lines = [finding.message]
    if finding.site.file:
        lines.append(f"at {finding.site}")
    if finding.test:
        lines.append(f"in {finding.test}")
    return _clean("\n".join((*lines, *columns(finding), *(line(fact) for fact in besides(finding)))))


def _unchecked(summary: CheckSummary, skipped: Iterable[Skipped]) -> str:
    lines = [*shortfall(summary), *(f"not checked: {entry.what}: {entry.reason}" for entry in skipped)]
    return _clean("\n".join(lines))


def _count(suite: ElementTree.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _total(root: ElementTree.Element, suites: Iterable[ElementTree.Element]) -> None:
    every = list(suites)
    for name in ("tests", "failures", "errors"):  # the schema allows skipped ones in a suite alone
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in every)))


def _clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
