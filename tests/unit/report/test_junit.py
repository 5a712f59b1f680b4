"""JUnit XML: what a CI server counts is what was found."""

from collections.abc import Callable
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dryfit.model.run import Run
from dryfit.report import junit


def test_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    golden("findings.junit.xml", junit.document(shop))


@given(data=st.data())
def test_any_run(data: st.DataObject, runs: SearchStrategy[Run]) -> None:
    run = data.draw(runs)
    root = ElementTree.fromstring(junit.document(run).encode())
    failed = [found for found in run.findings if found.severity == "error" and found.accepted is None]
    accepted = [found for found in run.findings if found.accepted is not None]
    assert len(root.findall("testsuite/testcase/failure")) == len(failed) == int(root.attrib["failures"])
    assert len(root.findall("testsuite/testcase/skipped")) == len(accepted) == int(root.attrib["skipped"])
    assert len(root.findall("testsuite/testcase")) == int(root.attrib["tests"])


def test_only_what_the_format_knows(shop: Run) -> None:
    """The elements of the Jenkins schema (junit-10.xsd), which CI servers agree on."""
    root = ElementTree.fromstring(junit.document(shop).encode())
    children = {(parent.tag, child.tag) for parent in root.iter() for child in parent}
    assert children <= {
        ("testsuites", "testsuite"),
        ("testsuite", "testcase"),
        ("testsuite", "system-out"),
        ("testcase", "failure"),
        ("testcase", "skipped"),
        ("testcase", "system-out"),
    }


def test_a_warning_passes_and_says_so(shop: Run) -> None:
    root = ElementTree.fromstring(junit.document(shop).encode())
    (case,) = [case for case in root.iter("testcase") if "mocked-only-seam" in case.attrib["name"]]
    assert case.find("failure") is None
    assert case.findtext("system-out", "").startswith("warning: Every one of 9 crossings")


def test_a_rule_that_found_nothing_is_a_passed_case(shop: Run) -> None:
    root = ElementTree.fromstring(junit.document(shop).encode())
    quiet = [case.attrib["name"] for case in root.iter("testcase") if not len(case)]
    assert quiet == ["never-awaited: nothing found"]
