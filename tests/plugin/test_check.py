"""``dryfit check`` and its companions, as a user types them."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def project(project):
    """Without trials, which most of these tests have no need of."""
    project.write({"pyproject.toml": '[tool.dryfit]\nonly = ["data", "interfaces"]\n'})
    return project


@pytest.fixture
def with_trials(project):
    """With all checks, as a project has them that says nothing."""
    project.write({"pyproject.toml": ""})
    return project


def test_findings_below_the_threshold_do_not_fail(with_trials):
    ended = with_trials.dryfit("check")

    assert ended.status == 0, ended.out + ended.err
    assert "DF104 unexercised-seam" in ended.out
    assert "dryfit replay" not in ended.out


@pytest.mark.parametrize(("level", "status"), [("warning", 1), ("error", 0), ("never", 0)])
def test_the_threshold_decides(project, level, status):
    assert project.dryfit("check", "--fail-on", level).status == status


def test_an_accepted_finding_fails_no_more(project):
    project.dryfit("check")
    (finding,) = project.last_run()["findings"]

    accepted = project.dryfit("accept", finding["id"], "--reason", "discounts come next year")
    ended = project.dryfit("check", "--fail-on", "warning")

    assert accepted.status == 0, accepted.err
    assert ended.status == 0, ended.out
    assert "discounts come next year" in (project.root / "dryfit-accepted.toml").read_text(encoding="utf-8")
    (finding,) = project.last_run()["findings"]
    assert finding["accepted"] == "discounts come next year"


def test_a_report_heeds_what_was_accepted_since(project):
    project.dryfit("check")
    (finding,) = project.last_run()["findings"]

    project.dryfit("accept", finding["id"], "--reason", "discounts come next year")
    told = project.dryfit("report").out

    assert "Found   no findings; 1 accepted" in told
    assert f"  {finding['id']}  discounts come next year\n" in told.partition("Accepted")[2]
    (project.root / "dryfit-accepted.toml").unlink()
    assert "Found   1 warning\n" in project.dryfit("report").out


def test_a_warning_of_an_outdated_acceptance_goes_with_it(project):
    project.write({"dryfit-accepted.toml": '[DF104-aaaaaa]\nreason = "gone"\n'})

    assert "DF104-aaaaaa was accepted, and is found no more" in project.dryfit("check").out
    (project.root / "dryfit-accepted.toml").unlink()
    assert "DF104-aaaaaa" not in project.dryfit("report").out


def test_a_broken_list_of_accepted_findings_is_refused_before_any_test_runs(project):
    project.write({"dryfit-accepted.toml": "[DF104-c075cb]\n"})

    ended = project.dryfit("check")

    assert ended.status == 2
    assert "has no reason" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert ended.out == ""


def test_files_are_written(project):
    ended = project.dryfit(
        "check", "--json", "a.json", "--html", "a.html", "--sarif", "a.sarif", "--junit", "a.xml"
    )

    assert ended.status == 0, ended.err
    assert json.loads((project.root / "a.json").read_text(encoding="utf-8"))["coverage"]["exercised"] == 1
    assert json.loads((project.root / "a.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "<html" in (project.root / "a.html").read_text(encoding="utf-8")
    assert "<testsuites" in (project.root / "a.xml").read_text(encoding="utf-8")


def test_what_is_told_at_once_is_what_is_kept(with_trials):
    names = [f"told.{form}" for form in ("json", "html", "sarif", "xml")]
    options = ["--json", "--html", "--sarif", "--junit"]

    with_trials.dryfit("check", *(word for pair in zip(options, names, strict=True) for word in pair))
    told = [(with_trials.root / name).read_text(encoding="utf-8") for name in names]
    with_trials.dryfit("report", *(word for pair in zip(options, names, strict=True) for word in pair))

    assert [(with_trials.root / name).read_text(encoding="utf-8") for name in names] == told


def test_arguments_go_on_to_pytest(project):
    ended = project.dryfit("check", "test_basket.py", "-k", "empty", "-q", "--maxfail=1")

    assert ended.status == 0, ended.out
    assert "1 passed, 1 deselected" in ended.out


def test_workers_share_a_run(project):
    ended = project.dryfit("check", "--workers", "2")

    assert ended.status == 0, ended.out
    assert project.last_run()["tests"]["passed"] == 2


def test_pytest_warns_of_nothing(project):
    project.write({"pyproject.toml": "[tool.pytest.ini_options]\nfilterwarnings = ['error']\n"})

    ended = project.dryfit("check", "-p", "no:asyncio")

    assert ended.status == 0, ended.out
    assert "warning" not in ended.out.partition("Seams")[0]


def test_failing_tests_have_a_status_of_their_own(project):
    project.write({"test_wrong.py": "def test_wrong():\n    assert 1 == 2\n"})

    ended = project.dryfit("check")

    assert ended.status == 3
    assert ended.err.endswith(
        "1 of the project's own tests fails: mend it first; what dryfit saw until then is above\n"
    )


def test_a_file_that_cannot_be_collected_counts_as_a_failing_test(project):
    project.write({"test_broken.py": "import nothing_of_that_name\n"})

    assert project.dryfit("check").status == 3


def test_breaking_off_keeps_what_was_found(project):
    project.write(
        {
            # In a job in the background the shell has had this signal ignored.
            "conftest.py": "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n",
            "test_zz.py": "import os, signal\n\ndef test_stop():\n    os.kill(os.getpid(), signal.SIGINT)\n",
        }
    )

    ended = project.dryfit("check", "-p", "no:randomly")

    assert ended.status == 130
    assert "this run was interrupted" in ended.out.partition("Seams")[2]
    assert project.last_run()["tests"]["passed"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "dta"], "did you mean data?"),
        (["--only", "performance"], "belongs to a later version"),
        (["--fail-on", "errors"], "did you mean error?"),
        (["--seed", "many"], "allowed: a whole number"),
        (["--workers", "many"], "allowed: a whole number from 1 on, or auto"),
        (["--workers", "0"], "allowed: a whole number from 1 on, or auto"),
        (["--workers", "-1"], "allowed: a whole number from 1 on, or auto"),
        (["nowhere/"], "nowhere"),
        (["--json", "nowhere/a.json"], "there is no folder nowhere"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_usage_is_one_clear_line(project, arguments, said):
    ended = project.dryfit("check", *arguments)

    assert ended.status == 2, ended.out + ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_report_goes_to_a_pipe_or_says_where_it_is(project):
    project.dryfit("check")

    piped = project.dryfit("report", "--json", "-")
    written = project.dryfit("report", "--json", "fit.json")

    assert (json.loads(piped.out)["version"], piped.err) == (1, "")
    assert (written.out, written.err) == ("", "written: fit.json\n")


def test_where_no_test_was_to_run_the_last_run_stays_the_last(project):
    project.dryfit("check", "--only", "data")
    kept = project.last_run()["run"]

    for arguments, status in [
        (["nowhere/"], 2),
        (["-n", "2", "nowhere/"], 2),
        (["--collect-only"], 0),
        (["--fixtures"], 0),
    ]:
        ended = project.dryfit("check", *arguments)
        project.pytest("--dryfit", *arguments)

        assert ended.status == status, ended.out + ended.err
        assert project.last_run()["run"] == kept, arguments
        assert [path.name for path in (project.root / ".dryfit" / "runs").iterdir()] == [kept["id"]]


def test_accepting_what_is_not_there_names_the_nearest(project):
    project.dryfit("check")

    (finding,) = project.last_run()["findings"]
    mistyped = finding["id"][:-1] + "x"

    ended = project.dryfit("accept", mistyped, "--reason", "none")

    assert ended.status == 2
    assert f"no finding of the last run has this id; did you mean {finding['id']}?" in ended.err


def test_a_report_needs_a_run(project):
    ended = project.dryfit("report")

    assert ended.status == 2
    assert "no run is kept here; run `pytest --dryfit`" in ended.err


def test_a_project_without_tests_has_its_static_findings(empty_project):
    empty_project.write(
        {"a.py": "import b\n\ndef go():\n    return b.one(1, 2)\n", "b.py": "def one(x):\n    return x\n"}
    )

    ended = empty_project.dryfit("check")

    assert ended.status == 1, ended.out + ended.err
    assert "DF201 call-mismatch" in ended.out
    assert "no test was collected" in ended.err


def test_without_any_test_nothing_is_well(project):
    (project.root / "test_basket.py").unlink()

    ended = project.dryfit("check")

    assert ended.status == 2, ended.out + ended.err
    assert ended.err.endswith(
        "dryfit: no test was collected: name the folder with the tests, or run dryfit in the project's root\n"
    )
    assert "no test ran, so nothing can be said of what tests leave out" in ended.out
    assert "only a part of the suite ran" not in ended.out


def test_a_component_that_is_not_there_is_told_and_wrong_usage(project):
    project.write({"pyproject.toml": '[tool.dryfit]\ncomponents = ["basket", "pricign"]\n'})
    told = "pyproject.toml: no module or package of the project is called 'pricign'"

    watched, checked = project.pytest("--dryfit"), project.dryfit("check")

    assert f"warning   {told}" in watched.out
    assert checked.status == 2, checked.out + checked.err
    assert f"dryfit: {told}" in checked.err


def test_without_any_module_nothing_is_well(empty_project):
    empty_project.write({"test_nothing.py": "def test_nothing():\n    assert True\n"})

    ended = empty_project.dryfit("check")

    assert ended.status == 2, ended.out + ended.err
    assert ended.err.splitlines()[-1].startswith("dryfit: no Python module was found: run dryfit in")


@pytest.mark.parametrize(
    ("words", "number", "offered"),
    [
        ("dryfit ch", 1, "plain,check"),
        ("dryfit check --js", 2, "plain,--json"),
        ("dryfit check test_", 2, "file,test_"),
        ("dryfit replay DF302-3fa1c2 test_", 3, "file,test_"),
    ],
)
def test_the_shell_completes(project, words, number, offered):
    ended = project.dryfit(COMP_WORDS=words, COMP_CWORD=str(number), _DRYFIT_COMPLETE="bash_complete")

    assert ended.out.splitlines() == [offered]


def test_a_project_in_which_nothing_can_be_written_is_checked_all_the_same(project):
    project.write(
        {
            "callee.py": "def work(x):\n    return x\n",
            "caller.py": "import callee\n\ndef use(x):\n    return callee.work(x)\n",
            "test_caller.py": "import caller\n\ndef test_use():\n    assert caller.use(1) == 1\n",
            ".dryfit": "in the way",
        }
    )
    ended = project.dryfit("check")
    assert ended.status == 0, ended.out + ended.err
    assert "run.sqlite: cannot be written" in ended.out
    assert "Report  .dryfit/report.html cannot be written" in ended.out
