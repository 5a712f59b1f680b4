"""JUnit XML: what a CI server counts is what was found."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dryfit.model.run import Run
from dryfit.report import junit
from dryfit.report.groups import left_out_by_check


@pytest.fixture(scope="session")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(Path(__file__).parent / "data" / "junit-10.xsd"))


def in_xml(text: str) -> str:
    """What a parser gives back: characters that XML lacks are replaced, and line ends are one character."""
    return junit.NOT_XML.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.usefixtures("few_rules")
def test_the_shop(shop: Run, golden: Callable[[str, str], None], schema: xmlschema.XMLSchema) -> None:
    text = junit.document(shop)
    schema.validate(text)
    golden("findings.junit.xml", text)


@given(data=st.data())
def test_any_run(data: st.DataObject, runs: SearchStrategy[Run], schema: xmlschema.XMLSchema) -> None:
    run = data.draw(runs)
    text = junit.document(run)
    schema.validate(text.encode())
    root = ElementTree.fromstring(text.encode())
    failed = [found for found in run.findings if found.severity == "error" and found.accepted is None]
    accepted = [found for found in run.findings if found.accepted is not None]
    assert len(root.findall("testsuite/testcase/failure")) == len(failed) == int(root.attrib["failures"])
    skipped = [int(suite.attrib["skipped"]) for suite in root.findall("testsuite")]
    assert len(root.findall("testsuite/testcase/skipped")) == len(accepted) == sum(skipped)
    assert len(root.findall("testsuite/testcase")) == int(root.attrib["tests"])


@given(data=st.data())
def test_what_was_left_out_is_what_the_json_says(data: st.DataObject, runs: SearchStrategy[Run]) -> None:
    run = data.draw(runs)
    suites = ElementTree.fromstring(junit.document(run).encode()).findall("testsuite")
    told = {suite.attrib["name"]: suite.findtext("system-out") or "" for suite in suites}
    for check, entries in left_out_by_check(run).items():
        lines = told[f"dryfit.{check}"]
        assert lines.count("not checked: ") >= len(entries)
        assert all(in_xml(f"not checked: {entry.what}: {entry.reason}") in lines for entry in entries)


def test_a_warning_passes_and_says_so(shop: Run) -> None:
    root = ElementTree.fromstring(junit.document(shop).encode())
    (case,) = [case for case in root.iter("testcase") if "mocked-only-seam" in case.attrib["name"]]
    assert case.find("failure") is None
    assert case.findtext("system-out", "").startswith("warning: Every one of 9 crossings")


@pytest.mark.usefixtures("few_rules")
def test_a_rule_that_found_nothing_is_a_passed_case(shop: Run) -> None:
    root = ElementTree.fromstring(junit.document(shop).encode())
    quiet = [case.attrib["name"] for case in root.iter("testcase") if not len(case)]
    assert quiet == ["never-awaited: nothing found"]
