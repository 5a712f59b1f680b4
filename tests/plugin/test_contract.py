"""``dryfit contract``, as a user types it."""

from __future__ import annotations

import json
import subprocess

import pytest

VARIED = {
    "pricing.py": """
        def price(product, number):
            found = {"product": product, "cents": number}
            return found if number % 7 else {**found, "gift": True, "note": None}

        def table(products):
            return {f"id-{index}": index for index, _ in enumerate(products)}

        def check(number):
            if number == 5:
                raise ValueError(number)
    """,
    "basket.py": """
        import pricing

        def total(number):
            try:
                pricing.check(number)
            except ValueError:
                pass
            return pricing.price("tea", number if number % 3 else float(number))

        def once():
            return pricing.table(["tea", "cup"])
    """,
    "test_basket.py": """
        import pytest
        import basket

        @pytest.mark.parametrize("number", range(1, 30))
        def test_total(number):
            assert basket.total(number)

        def test_once():
            assert basket.once()
    """,
}


@pytest.fixture
def varied(empty_project):
    """Results that differ from call to call, at one call site and in one test each."""
    empty_project.write(VARIED)
    return empty_project


def contract_of(project):
    return (project.root / "dryfit-contract.json").read_text(encoding="utf-8")


def written(project, *arguments):
    ended = project.pytest("--dryfit", "-q", *arguments)
    assert ended.status == 0, ended.out + ended.err
    told = project.dryfit("contract", "write")
    assert told.status == 0, told.err
    return contract_of(project)


def test_the_contract_has_a_term_a_line_and_no_values(varied):
    assert written(varied).splitlines() == [
        '{"version": 1, "terms": [',
        '["basket", "pricing.check", "number", "int"],',
        '["basket", "pricing.check", "raise", "ValueError"],',
        '["basket", "pricing.check", "return", "NoneType"],',
        '["basket", "pricing.price", "number", "float"],',
        '["basket", "pricing.price", "number", "int"],',
        '["basket", "pricing.price", "product", "str"],',
        '["basket", "pricing.price", "return", "dict"],',
        '["basket", "pricing.table", "products", "list"],',
        '["basket", "pricing.table", "products[]", "str"],',
        '["basket", "pricing.table", "return", "dict"],',
        '["basket", "pricing.table", "return{}", "int"],',
        "[]]}",
    ]


def test_it_is_the_same_in_any_order_and_with_workers(varied):
    first = written(varied)
    (varied.root / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.reverse()\n", encoding="utf-8"
    )
    assert written(varied) == first
    assert written(varied, "-n", "2") == first


def test_a_run_that_keeps_the_contract_finds_nothing(varied):
    written(varied)
    ended = varied.dryfit("check")
    assert ended.status == 0, ended.out
    assert "DF204" not in ended.out
    assert varied.dryfit("contract", "diff").status == 0


def test_what_is_new_is_told_with_the_tests_that_showed_it(project):
    written(project)
    project.write(
        {"pricing.py": "def price(product):\n    return 20\n\ndef discount(product):\n    return 0\n"}
    )
    project.write(
        {"test_basket.py": "import basket\n\ndef test_total():\n    assert basket.total(['tea']) == 20\n"}
    )

    ended = project.dryfit("check")
    diff = project.dryfit("contract", "diff")

    assert ended.status == 1, ended.out
    (finding,) = [each for each in project.last_run()["findings"] if each["rule"] == "DF204"]
    assert finding["message"] == (
        "price of pricing, called by basket, has for `return` int instead of decimal.Decimal."
    )
    assert finding["evidence"] == {
        "terms": ["+ return: int", "- return: decimal.Decimal"],
        "tests": ["test_basket.py::test_total"],
    }
    assert diff.status == 1
    assert diff.out.splitlines() == [
        "basket → pricing.price",
        "  + return: int    (test_basket.py::test_total)",
        "  - return: decimal.Decimal",
    ]


def test_nothing_is_gone_where_tests_were_left_out(project):
    project.write(
        {"test_more.py": "import basket\n\ndef test_cheaper():\n    assert basket.cheaper('tea') == 0\n"}
    )
    written(project)

    ended = project.dryfit("check", "--fail-on", "warning", "test_basket.py")

    assert ended.status == 0, ended.out
    skipped = project.last_run()["checks"]["interfaces"]["skipped"]
    assert any(each["what"] == "DF204 what is gone" for each in skipped)


def test_a_seam_that_no_test_crosses_any_more_is_a_warning(project):
    project.write(
        {"test_more.py": "import basket\n\ndef test_cheaper():\n    assert basket.cheaper('tea') == 0\n"}
    )
    written(project)
    (project.root / "test_more.py").unlink()

    assert project.dryfit("check").status == 0
    (finding,) = [each for each in project.last_run()["findings"] if each["rule"] == "DF204"]
    assert finding["severity"] == "warning"
    assert finding["message"].endswith("is in the contract, and no test crosses it any more.")


def test_without_a_contract_the_rule_is_silent(project):
    assert "DF204" not in project.dryfit("check").out


def test_a_contract_of_another_revision(project):
    written(project)
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "before"]):
        subprocess.run(["git", *command], cwd=project.root, check=True)
    (project.root / "dryfit-contract.json").write_text('{"version": 1, "terms": [[]]}', encoding="utf-8")

    assert project.dryfit("contract", "diff", "HEAD").status == 0
    assert project.dryfit("contract", "diff").status == 1
    unknown = project.dryfit("contract", "diff", "v9")
    assert (unknown.status, unknown.err.count("\n")) == (2, 1)
    assert "git knows no such revision" in unknown.err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"version": 7, "terms": []}', "version 7"),
        ('{"version": 1, "terms": [["x"]]}', "term 1"),
        ("{", "JSON"),
    ],
)
def test_nonsense_is_wrong_usage_and_the_tests_stay_as_they_are(project, text, problem):
    (project.root / "dryfit-contract.json").write_text(text, encoding="utf-8")

    ended = project.dryfit("check")
    watched = project.pytest("--dryfit")

    assert ended.status == 2
    assert problem in ended.err
    assert ended.err.count("\n") == 1
    assert watched.status == 0, watched.out
    skipped = project.last_run()["checks"]["interfaces"]["skipped"]
    assert any(each["what"] == "DF204" and problem in each["reason"] for each in skipped)
    assert project.dryfit("contract", "diff").status == 2
    assert project.dryfit("contract", "write").status == 0
    assert json.loads(contract_of(project))["version"] == 1


def test_a_failing_suite_makes_no_contract(project):
    project.write({"test_more.py": "def test_it():\n    assert 0\n"})
    project.pytest("--dryfit")
    ended = project.dryfit("contract", "write")
    assert ended.status == 2
    assert "1 test failed in the last run" in ended.err


def test_a_killed_run_makes_no_contract(project):
    project.write({"test_more.py": "import os\n\ndef test_it():\n    os._exit(9)\n"})
    project.pytest("--dryfit")
    ended = project.dryfit("contract", "write")
    assert ended.status == 2
    assert "this run was killed" in ended.err
    assert not (project.root / "dryfit-contract.json").exists()


def test_writing_tells_what_is_new_and_gone(project):
    written(project)
    project.write({"pricing.py": "def price(product):\n    return 20\n"})
    project.write(
        {"test_basket.py": "import basket\n\ndef test_total():\n    assert basket.total(['tea']) == 20\n"}
    )
    project.pytest("--dryfit")
    assert (
        "2 terms of 1 seams, from 1 tests; 1 new, 1 gone; commit it"
        in project.dryfit("contract", "write").out
    )


def test_there_is_no_run_yet(project):
    assert "no run is kept here" in project.dryfit("contract", "write").err


def test_there_is_no_contract_yet(project):
    project.pytest("--dryfit")
    ended = project.dryfit("contract", "diff")
    assert ended.status == 2
    assert "there is no dryfit-contract.json; `dryfit contract write` makes it" in ended.err


def test_an_accepted_finding_is_not_stale_where_there_is_nothing_to_compare_with(project):
    accepted = '[DF205-123456]\nreason = "known"\n\n[DF204-123456]\nreason = "known"\n'
    (project.root / "dryfit-accepted.toml").write_text(accepted, encoding="utf-8")
    assert "found no more" not in project.dryfit("check").out
