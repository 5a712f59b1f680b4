"""Whatever a trial does to its process costs that trial only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from dryfit.lab.lab import Lab
from dryfit.lab.result import LabResult
from dryfit.model.trial import Experiment, Fault, Trial

LIMIT = 1.0

HARM = {
    "exit": "os._exit(3)",
    "segfault": "ctypes.string_at(0)",
    "terminate": "os.kill(os.getpid(), signal.SIGTERM)",
    "process group": "os.killpg(0, signal.SIGKILL)",
    "closed descriptors": "os.closerange(0, 200)",
    "sleep": "time.sleep(1e6)",
    "lock": "[lock := threading.Lock(), lock.acquire(), lock.acquire()]",
    "spin": "re.match(r'(a+)+$', 'a' * 64 + 'b')",
    "await": "asyncio.run(wait_for_ever())",
    "started program": "Path('.started').write_text(str(started())) and time.sleep(1e6)",
    "fork": "os.fork()",
    "threads": "[threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start() for _ in range(30)]",
    "files": "kept.extend(open(os.devnull) for _ in range(1000))",
    "closed stdout": "[sys.stdout.close(), os.close(1)]",
    "folder": "[os.mkdir('gone'), os.chdir('gone'), os.rmdir('../gone')]",
    "variables": "[os.environ.clear(), sys.path.clear()]",
    "pytest.exit": "pytest.exit('enough')",
    "interrupt": "signal.default_int_handler(signal.SIGINT, None)",
    "nothing": "None",
}
"""What a program does when its seam fails."""

PROJECT = {
    "stock.py": """
        def take(product):
            return product
    """,
    "basket.py": """
        import asyncio, ctypes, os, re, resource, signal, subprocess, sys, threading, time
        from pathlib import Path
        import pytest
        import stock

        kept = []
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (1200, 1200))

        def started():
            program = "import time; time.sleep(1e6)"
            kept.append(subprocess.Popen([sys.executable, "-c", program], start_new_session=True))
            return kept[-1].pid

        async def wait_for_ever():
            await asyncio.Event().wait()

        def buy(product, harm):
            try:
                return stock.take(product)
            except RuntimeError:
                eval(harm)
    """,
    "test_basket.py": f"""
        import os
        from pathlib import Path
        import pytest, basket

        @pytest.mark.parametrize("harm", {HARM!r}.values(), ids={list(HARM)!r})
        def test_buy(harm):
            basket.buy("tea", harm)
            assert Path.cwd() == Path(__file__).parent
            assert "PATH" in os.environ
    """,
}


def in_stock(baseline: Trial) -> Iterable[Experiment]:
    """A fault before each crossing into ``stock``."""
    for crossed in baseline.crossings:
        if crossed.point.seam.callee == "stock":
            yield Experiment(
                baseline.test, crossed.point, "before", Fault("plain", "RuntimeError", "injected")
            )


@pytest.fixture(scope="module")
def harmed(lab_on: Callable[..., Lab]) -> LabResult:
    """One lab, in which each harm is done once."""
    return lab_on(PROJECT, limit=LIMIT).run(in_stock)


def trial_of(found: LabResult, harm: str) -> Trial:
    ((trial,),) = (trials for first, _, trials in found.trials if first.test.endswith(f"[{harm}]"))
    return trial


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
        ("await", "hang", ""),
        ("started program", "hang", ""),
        ("fork", "passed", ""),
        ("threads", "passed", ""),
        ("files", "passed", ""),
        ("closed stdout", "error", "ValueError: I/O operation on closed file"),
        ("folder", "failed", "FileNotFoundError: [Errno 2] No such file or directory"),
        ("variables", "failed", "AssertionError: assert 'PATH' in environ({})"),
        ("pytest.exit", "failed", "Exit: enough"),
        ("interrupt", "failed", "KeyboardInterrupt"),
        ("nothing", "passed", ""),
    ],
)
def test_whatever_a_trial_does_costs_that_trial_only(
    harmed: LabResult, harm: str, outcome: str, failure: str
) -> None:
    trial = trial_of(harmed, harm)
    assert (trial.outcome, trial.failure.rstrip("."), trial.fired, trial.void) == (outcome, failure, True, "")


def test_nothing_else_is_lost(harmed: LabResult) -> None:
    assert (len(harmed.trials), harmed.skipped, harmed.exhausted) == (len(HARM), (), True)


def test_a_hang_tells_where_it_stood(harmed: LabResult) -> None:
    stack = trial_of(harmed, "sleep").stack
    assert [line.rpartition(" in ")[2] for line in stack] == ["buy", "test_buy"]
    assert stack[0].startswith("basket.py:")


def test_a_task_that_hangs_tells_what_it_waits_for(harmed: LabResult) -> None:
    functions = [line.rpartition(" in ")[2] for line in trial_of(harmed, "await").stack]
    assert functions[:3] == ["wait", "wait_for_ever", "the thread that runs them:"]
    assert functions[-2:] == ["buy", "test_buy"]


def test_what_a_hanging_test_has_started_ends_with_it(harmed: LabResult) -> None:
    assert trial_of(harmed, "started program").outcome == "hang"
    assert not is_alive(int(Path(".started").read_text()))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is only waited for does not."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False
