"""Whatever a trial does to its process costs that trial only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import pytest

from dryfit.lab.lab import Lab
from dryfit.lab.result import LabResult
from dryfit.model.trial import Experiment, Fault, Trial

LIMIT = 1.0

HARM = {
    "exit": "os._exit(3)",
    "segfault": "ctypes.string_at(0)",
    "sleep": "time.sleep(1e6)",
    "lock": "[lock := threading.Lock(), lock.acquire(), lock.acquire()]",
    "spin": "re.match(r'(a+)+$', 'a' * 64 + 'b')",
    "fork": "os.fork()",
    "forked child": "write('child', started()) or time.sleep(1e6)",
    "threads": "[threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start() for _ in range(30)]",
    "closed stdout": "[sys.stdout.close(), os.close(1)]",
    "closed descriptors": "os.closerange(0, 200)",
    "files": "kept.extend(open(os.devnull) for _ in range(1000))",
    "folder": "[os.mkdir('gone'), os.chdir('gone'), os.rmdir('../gone')]",
    "variables": "[os.environ.clear(), sys.path.clear()]",
    "pytest.exit": "pytest.exit('enough')",
    "interrupt": "signal.raise_signal(signal.SIGINT)",
    "terminate": "os.kill(os.getpid(), signal.SIGTERM)",
    "process group": "os.killpg(0, signal.SIGKILL)",
}
"""What a program does when its seam fails."""

PROJECT = {
    "stock.py": """
        def take(product):
            return product
    """,
    "basket.py": """
        import ctypes, os, re, resource, signal, subprocess, sys, threading, time
        from pathlib import Path
        import pytest
        import stock

        kept = []
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (1200, 1200))

        def write(name, text):
            (Path(__file__).parent / name).write_text(str(text))

        def started():
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1e6)"], start_new_session=True)
            kept.append(child)
            return child.pid

        def buy(product, harm):
            try:
                return stock.take(product)
            except RuntimeError:
                eval(harm)
    """,
    "test_basket.py": """
        import os
        from pathlib import Path
        import basket

        HARM = {harm!r}

        def test_before():
            assert basket.buy("tea", "1 / 0") == "tea"

        def test_harmed():
            basket.buy("tea", HARM)
            assert Path.cwd() == Path(__file__).parent
            assert "PATH" in os.environ

        def test_later():
            assert basket.buy("cup", "1 / 0") == "cup"
    """,
}


def project(harm: str) -> Mapping[str, str]:
    return {**PROJECT, "test_basket.py": PROJECT["test_basket.py"].format(harm=harm)}


def in_stock(baseline: Trial) -> Iterable[Experiment]:
    """A fault before each crossing into ``stock``."""
    for crossed in baseline.crossings:
        if crossed.point.seam.callee == "stock":
            yield Experiment(
                baseline.test, crossed.point, "before", Fault("plain", "RuntimeError", "injected")
            )


def shown(found: LabResult) -> dict[str, list[tuple[str, bool, str]]]:
    """Outcome, fired, void of every trial, by the name of its test."""
    return {
        first.test.rpartition("::")[2]: [(each.outcome, each.fired, each.void) for each in trials]
        for first, _, trials in found.trials
    }


FAILED = [("failed", True, "")]
UNTOUCHED = {"test_before": FAILED, "test_later": FAILED}


@pytest.mark.parametrize(
    ("harm", "outcome", "failure"),
    [
        ("exit", "crash", "the process ended with status 3"),
        ("segfault", "crash", "killed by SIGSEGV"),
        ("terminate", "crash", "killed by SIGTERM"),
        ("process group", "crash", "killed by SIGKILL"),
        ("closed descriptors", "crash", "the process ended with status 1"),
        ("sleep", "hang", ""),
        ("lock", "hang", ""),
        ("spin", "hang", ""),
        ("forked child", "hang", ""),
    ],
)
def test_a_process_that_is_lost_costs_that_trial_only(
    lab_on: Callable[..., Lab], harm: str, outcome: str, failure: str
) -> None:
    found = lab_on(project(HARM[harm]), limit=LIMIT).run(in_stock)
    assert shown(found) == {**UNTOUCHED, "test_harmed": [(outcome, True, "")]}
    assert {each.failure for each in trials_of(found, "test_harmed")} == {failure}
    assert (found.skipped, found.exhausted) == ((), True)


@pytest.mark.parametrize(
    ("harm", "outcome"),
    [
        ("fork", "passed"),
        ("threads", "passed"),
        ("closed stdout", "error"),
        ("files", "passed"),
        ("folder", "failed"),
        ("variables", "failed"),
        ("pytest.exit", "failed"),
        ("interrupt", "failed"),
    ],
)
def test_a_process_that_is_harmed_costs_that_trial_only(
    lab_on: Callable[..., Lab], harm: str, outcome: str
) -> None:
    found = lab_on(project(HARM[harm]), limit=LIMIT).run(in_stock)
    assert shown(found) == {**UNTOUCHED, "test_harmed": [(outcome, True, "")]}
    assert (found.skipped, found.exhausted) == ((), True)


def test_a_hang_tells_where_it_stood(lab_on: Callable[..., Lab]) -> None:
    found = lab_on(project("time.sleep(1e6)"), limit=LIMIT).run(in_stock)
    stacks = [each.stack for each in trials_of(found, "test_harmed")]
    assert [[line.rpartition(" in ")[2] for line in stack] for stack in stacks] == [["buy", "test_harmed"]]
    assert stacks[0][0].startswith("basket.py:")


def test_what_a_hanging_test_has_started_ends_with_it(lab_on: Callable[..., Lab], tmp_path) -> None:
    lab_on(project(HARM["forked child"]), limit=LIMIT).run(in_stock)
    child = int((tmp_path / "project" / "child").read_text())
    assert not is_alive(child)


def trials_of(found: LabResult, test: str) -> tuple[Trial, ...]:
    (trials,) = (trials for first, _, trials in found.trials if first.test.endswith(f"::{test}"))
    return trials


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is only waited for does not."""
    with suppress(OSError):
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False
