"""The JSON document keeps to its schema, whatever the run."""

import json
from collections.abc import Callable
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator

from dryfit.model.finding import Fact, Finding
from dryfit.model.run import Run
from dryfit.model.seam import Place, Seam
from dryfit.report import findings
from dryfit.report.groups import left_out


@pytest.fixture(scope="session")
def schema() -> Draft202012Validator:
    text = (files("dryfit.report") / "schema" / "findings-1.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


def test_the_shop(shop: Run, golden: Callable[[str, str], None], schema: Draft202012Validator) -> None:
    text = findings.document(shop)
    schema.validate(json.loads(text))
    golden("findings.json", text)


@given(data=st.data())
def test_any_run(data: st.DataObject, runs: SearchStrategy[Run], schema: Draft202012Validator) -> None:
    run = data.draw(runs)
    document = json.loads(findings.document(run))
    schema.validate(document)
    assert [entry["id"] for entry in document["findings"]] == [finding.id for finding in run.findings]
    assert document["coverage"]["seams"] == len(run.coverage)
    assert set(document["checks"]) == {summary.check for summary in run.checks}


@given(data=st.data())
def test_what_was_left_out_is_the_same_for_programs_and_people(
    data: st.DataObject, runs: SearchStrategy[Run]
) -> None:
    run = data.draw(runs.filter(lambda run: bool(run.checks)))
    checks = json.loads(findings.document(run))["checks"].values()
    told = {(entry["what"], entry["reason"]) for check in checks for entry in check["skipped"]}
    assert told == {(entry.what, entry.reason) for entry in left_out(run)}


def test_what_was_not_seen_belongs_to_the_interfaces(shop: Run) -> None:
    skipped = json.loads(findings.document(shop))["checks"]["interfaces"]["skipped"]
    whats = {entry["what"] for entry in skipped}
    assert {"scripts/old.py:3", "handler(request) at api.py:31", "api.health"} <= whats


def test_facts_of_one_name_are_kept_together(shop: Run) -> None:
    twice = (Fact("seen", "a"), Fact("seen", ("b", "c")), Fact("count", 3))
    run = Run(shop.info, shop.project, shop.observations, findings=(any_finding(twice),))
    assert json.loads(findings.document(run))["findings"][0]["evidence"] == {
        "seen": ["a", "b", "c"],
        "count": 3,
    }


def test_what_no_test_showed_and_no_line_holds(shop: Run) -> None:
    run = Run(shop.info, shop.project, shop.observations, findings=(any_finding(()),))
    finding = json.loads(findings.document(run))["findings"][0]
    assert finding["test"] is None
    assert finding["site"] == {"file": "order.py", "line": 0, "function": ""}


def any_finding(evidence: tuple[Fact, ...]) -> Finding:
    seam = Seam("order", "payment", "payment.pay")
    place = Place("order.py", 0)
    return Finding(
        "DF101-000000", "DF101", "lossy-transfer", "data", "error", seam, place, "", "It fell.", evidence
    )
