"""SARIF 2.1.0, held against the format's own schema."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft4Validator

from dryfit.model.finding import RULES
from dryfit.model.run import Run
from dryfit.report import sarif
from dryfit.report.groups import left_out
from dryfit.report.rule_pages import rule_page


@pytest.fixture(scope="session")
def schema() -> Draft4Validator:
    return Draft4Validator(
        json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    )


@pytest.mark.usefixtures("few_rules")
def test_the_shop(shop: Run, golden: Callable[[str, str], None], schema: Draft4Validator) -> None:
    text = sarif.document(shop)
    schema.validate(json.loads(text))
    golden("findings.sarif", text)


@given(data=st.data())
def test_any_run(data: st.DataObject, runs: SearchStrategy[Run], schema: Draft4Validator) -> None:
    run = data.draw(runs)
    log = json.loads(sarif.document(run))
    schema.validate(log)
    results = log["runs"][0]["results"]
    assert [result["partialFingerprints"]["dryfit/v1"] for result in results] == [
        found.id for found in run.findings
    ]


def test_each_rule_brings_its_page(shop: Run) -> None:
    (run,) = json.loads(sarif.document(shop))["runs"]
    pages = [rule["help"]["markdown"] for rule in run["tool"]["driver"]["rules"]]
    assert pages == [rule_page(rule.id) for rule in RULES]


def test_each_result_points_at_its_own_rule(shop: Run) -> None:
    (run,) = json.loads(sarif.document(shop))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        found.rule for found in shop.findings
    ]


def test_an_accepted_finding_is_suppressed_with_its_reason(shop: Run) -> None:
    results = json.loads(sarif.document(shop))["runs"][0]["results"]
    reasons = [[entry["justification"] for entry in result["suppressions"]] for result in results]
    assert reasons == [[] if found.accepted is None else [found.accepted] for found in shop.findings]


@given(data=st.data())
def test_what_was_left_out_is_what_people_are_told(data: st.DataObject, runs: SearchStrategy[Run]) -> None:
    run = data.draw(runs)
    (invocation,) = json.loads(sarif.document(run))["runs"][0]["invocations"]
    noted = [
        entry["message"]["text"]
        for entry in invocation["toolExecutionNotifications"]
        if entry["level"] == "note"
    ]
    assert noted == [f"not checked: {entry.what}: {entry.reason}" for entry in sorted(set(left_out(run)))]
