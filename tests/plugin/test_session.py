"""``pytest --dryfit`` in real sessions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests import plugins

from dryfit.store import reader, runs

COUNTED = "1 of 2 exercised"


def test_without_the_flag_nothing_happens(project):
    ended = project.pytest()

    assert ended.status == 0
    assert (
        "dryfit"
        not in ended.out.partition("test session starts")[2].partition("plugins:")[2].partition("\n")[2]
    )
    assert not (project.root / ".dryfit").exists()


def test_the_summary_tells_coverage_findings_and_the_report(project):
    ended = project.pytest("--dryfit")

    assert ended.status == 0, ended.out + ended.err
    assert "2 passed" in ended.out
    assert COUNTED in ended.out
    assert re.search(
        r"^  warning  DF104 unexercised-seam  basket.py:\d+  basket → pricing.discount  DF104-\w{6}$",
        ended.out,
        re.M,
    )
    assert ".dryfit/report.html" in ended.out
    assert "<html" in (project.root / ".dryfit" / "report.html").read_text(encoding="utf-8")


def test_the_templates_of_the_report_stay_compiled_in_the_users_cache(project, tmp_path):
    for cache in (tmp_path / "cache", tmp_path / "cache", Path("/dev/null")):
        ended = project.pytest("--dryfit", XDG_CACHE_HOME=str(cache))
        assert (ended.status, ended.err) == (0, "")
        assert "<html" in (project.root / ".dryfit" / "report.html").read_text(encoding="utf-8")
        (project.root / ".dryfit" / "report.html").unlink()

    assert "report.html.jinja" in {file.stem for file in (tmp_path / "cache" / "dryfit").rglob("*.cpython-*")}


def test_other_plugins_change_nothing(project, rules_found):
    three = ["-p", "xdist", "-p", "randomly", "-p", "pytest_cov", "-n", "2", "--cov=basket", "--cov-branch"]
    _change_nothing(project, rules_found, three, plugins.only())


@pytest.mark.campaign
@pytest.mark.parametrize("arguments", [["-n", "2"], ["-p", "randomly"], ["--cov=basket", "--cov-branch"]])
def test_whatever_is_installed_changes_nothing(project, rules_found, arguments, all_plugins):
    _change_nothing(project, rules_found, arguments, all_plugins)


def _change_nothing(project, rules_found, arguments, loaded):
    assert project.pytest("--dryfit").status == 0
    alone = project.last_run()
    ended = project.python("-m", "pytest", "--dryfit", *arguments, **loaded)

    assert ended.status == 0, ended.out + ended.err
    assert COUNTED in ended.out
    assert rules_found(project.last_run()) == rules_found(alone)


def test_coverage_measures_the_same_lines_and_branches(project):
    bare = project.pytest("--cov=.", "--cov-branch", "--cov-report=json:bare.json")
    watched = project.pytest("--dryfit", "--cov=.", "--cov-branch", "--cov-report=json:watched.json")

    assert (bare.status, watched.status) == (0, 0)
    read = project.python(
        "-c",
        "import json\n"
        "bare, watched = (json.load(open(name))['files'] for name in ('bare.json', 'watched.json'))\n"
        "assert bare == watched and 'basket.py' in bare, (bare, watched)",
    )
    assert read.status == 0, read.err


def test_asynchronous_tests_are_watched(project, rules_found):
    project.write(
        {
            "pyproject.toml": """
                [tool.pytest.ini_options]
                asyncio_mode = "auto"
                asyncio_default_fixture_loop_scope = "function"
            """,
            "shipping.py": """
                import asyncio
                import pricing

                async def quote(product):
                    await asyncio.sleep(0)
                    return await asyncio.to_thread(pricing.price, product), await asyncio.create_task(rebate(product))

                async def rebate(product):
                    await asyncio.sleep(0)
                    return pricing.discount(product)
            """,
            "test_shipping.py": """
                import shipping

                async def test_quote():
                    price, rebate = await shipping.quote("tea")
                    assert (str(price), rebate) == ("19.90", 0)
            """,
        }
    )

    ended = project.pytest("--dryfit", **plugins.only("pytest_asyncio.plugin"))

    assert ended.status == 0, ended.out
    assert ("DF104", "pricing.discount") in rules_found(project.last_run())  # basket's own, not shipping's
    assert "3 of 4 exercised" in ended.out


def test_failing_tests_fail_as_without_dryfit(project):
    project.write(
        {"test_wrong.py": "import basket\n\ndef test_wrong():\n    assert basket.total(['tea']) == 1\n"}
    )

    bare, watched = project.pytest(), project.pytest("--dryfit")

    assert (bare.status, watched.status) == (1, 1)
    assert "assert Decimal('19.90') == 1" in watched.out
    assert "dryfit/weave" not in watched.out
    assert "_bootstrap" not in watched.out


def test_a_failure_of_dryfit_itself_never_touches_the_tests(project):
    project.write(
        {
            "conftest.py": """
                import dryfit.watch

                def broken(self, test):
                    raise RuntimeError("planted")

                dryfit.watch.Watch.begin_test = broken
            """
        }
    )

    ended = project.pytest("--dryfit")

    assert ended.status == 0
    assert "2 passed" in ended.out
    assert "dryfit failed, and the tests went on without it: RuntimeError: planted" in ended.out
    assert project.dryfit("check").status == 4


def test_a_folder_that_cannot_be_written_costs_one_warning(project):
    (project.root / ".dryfit").write_text("a file where a folder should be")

    ended = project.pytest("--dryfit")

    assert ended.status == 0, ended.out
    assert COUNTED in ended.out
    assert str(project.root / ".dryfit") in ended.out.replace("\n", "")


KILLED = {"test_zz.py": "import os, signal\n\ndef test_killed():\n    os.kill(os.getpid(), signal.SIGKILL)\n"}

MISMATCH = {"till.py": "import pricing\n\ndef pay():\n    return pricing.price('tea', 2)\n"}


def test_a_killed_run_is_judged_by_what_it_had_seen(project):
    project.write({**KILLED, **MISMATCH})

    ended = project.pytest("--dryfit")
    told = project.dryfit("report", "--html", "killed.html")
    told = project.dryfit("report")

    assert ended.status == -9
    assert told.status == 0, told.err
    assert "this run was killed while test_zz.py::test_killed ran" in told.out
    assert "cut off  test_zz.py::test_killed" in told.out
    assert "2 passed" in told.out
    assert "DF201 call-mismatch" in told.out
    assert "DF104" not in told.out.partition("Not checked")[0]
    assert "this run was killed while" in (project.root / "killed.html").read_text(encoding="utf-8")
    document = project.last_run()
    assert document["tests"]["passed"] == 2
    assert document["coverage"] == {"seams": 3, "exercised": 1, "mocked_only": 0, "unexercised": 2}
    assert "this run was killed while test_zz.py::test_killed ran" in {
        entry["reason"] for entry in document["checks"]["interfaces"]["skipped"]
    }


def test_what_workers_wrote_before_all_was_killed_is_judged_too(project):
    project.write(
        {
            "test_zz.py": """
                import os, signal

                def test_killed():
                    os.kill(os.getppid(), signal.SIGKILL)
                    os.kill(os.getpid(), signal.SIGKILL)
            """
        }
    )

    assert project.pytest("--dryfit", "-n", "1").status == -9
    assert list((project.root / ".dryfit" / "runs").glob("*/worker-*.sqlite"))
    document = project.last_run()
    assert document["tests"]["passed"] == 2
    assert document["coverage"]["exercised"] == 1


def test_the_finding_of_a_killed_run_can_be_accepted(project):
    project.write({**KILLED, **MISMATCH})
    project.pytest("--dryfit")

    (finding,) = project.last_run()["findings"]
    accepted = project.dryfit("accept", finding["id"], "--reason", "the till is rebuilt in May")

    assert accepted.status == 0, accepted.err
    assert project.last_run()["findings"][0]["accepted"] == "the till is rebuilt in May"


@pytest.mark.parametrize("arguments", [[], ["-n", "1"]])
def test_a_broken_list_of_accepted_findings_is_refused_before_any_test_runs(project, arguments):
    project.write({"dryfit-accepted.toml": "[DF104-c075cb\n"})

    ended = project.pytest("--dryfit", *arguments)

    assert ended.status == pytest.ExitCode.USAGE_ERROR
    assert "dryfit-accepted.toml: not valid TOML" in ended.err
    assert "passed" not in ended.out
    assert "Traceback" not in ended.err


def test_a_failure_of_dryfit_in_a_worker_is_told(project):
    project.write(
        {
            "conftest.py": """
                import dryfit.watch

                def broken(self, test):
                    raise RuntimeError("planted")

                dryfit.watch.Watch.begin_test = broken
            """
        }
    )

    ended = project.pytest("--dryfit", "-n", "1")

    assert ended.status == 0
    assert "dryfit failed, and the tests went on without it: RuntimeError: planted" in ended.out
    assert "DF104" not in ended.out


def test_wrong_configuration_is_told_all_at_once(project):
    project.write({"pyproject.toml": "[tool.dryfit]\ncomponent = ['a']\nseed = 'x'\n"})

    ended = project.pytest("--dryfit")

    assert ended.status == pytest.ExitCode.USAGE_ERROR
    assert "did you mean components?" in ended.err
    assert "allowed: a whole number" in ended.err
    assert "Traceback" not in ended.err


def test_a_part_of_the_suite_claims_nothing_about_the_rest(project):
    ended = project.pytest("--dryfit", "-k", "empty")

    assert ended.status == 0
    assert "DF104" not in ended.out
    told = project.dryfit("report")
    assert "only a part of the suite ran" in told.out


STOPPED = """
    import sys
    import time
    from contextlib import contextmanager

    def moment() -> int:
        return 10**18

    @contextmanager
    def standing():
        real = {time.monotonic, time.perf_counter, time.perf_counter_ns}
        changed = []
        for module in list(sys.modules.values()):
            for name, value in list(vars(module).items()):
                if type(value) is type(time.time) and value in real:
                    changed.append((module, name, value))
                    setattr(module, name, moment)
        yield
        for module, name, value in changed:
            setattr(module, name, value)
"""


def test_a_component_may_stop_every_clock(project):
    """As freezegun does it; the functions that it puts in place of the clocks may be woven, too."""
    project.write(
        {
            "clocks.py": STOPPED,
            "test_clocks.py": """
                import time

                import basket
                import clocks

                def test_total_while_time_stands():
                    with clocks.standing():
                        assert time.perf_counter_ns() == time.monotonic() == 10**18
                        assert basket.total(["tea", "cup"]) > 0
            """,
        }
    )

    ended = project.pytest("--dryfit")

    assert ended.status == 0, ended.out
    assert "dryfit failed" not in ended.out
    found = reader.load(runs.latest(project.root)).observations
    assert all(0 <= each.seconds < 1000 for trace in found.traces for each in trace.crossings)
