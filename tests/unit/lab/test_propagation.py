"""The way of a fault, as trials of a real suite tell it: raised at, wrapped at, caught at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import pytest

from dryfit.lab.instruments import STANDARD
from dryfit.lab.lab import Lab
from dryfit.model.chain import Link
from dryfit.model.trial import Experiment, Fault, Trial

MONITORED = sys.version_info >= (3, 12)

PROGRAM = {
    "mail.py": """
        class MailError(Exception):
            pass

        def send(address):
            return address

        async def post(address):
            return address
    """,
    "guards.py": """
        from contextlib import contextmanager

        class GuardError(Exception):
            pass

        @contextmanager
        def quiet():
            try:
                yield
            except Exception:
                pass

        @contextmanager
        def translating():
            try:
                yield
            except Exception as error:
                raise GuardError("no mail") from error

        @contextmanager
        def closing():
            try:
                yield
            finally:
                len("closed")
    """,
    "flows.py": """
        import asyncio
        import contextlib
        import functools
        import threading
        from concurrent.futures import ThreadPoolExecutor

        import guards
        import mail

        class FlowError(Exception):
            pass

        def catches():
            try:
                mail.send("ann")  # raised: catches
            except mail.MailError:  # caught: catches
                return None

        def lets_through():
            mail.send("ann")

        def catches_further_up():
            try:
                _tidies()
            except (KeyError, mail.MailError):  # caught: catches_further_up
                return None

        def _tidies():
            try:
                try:
                    with guards.closing(), open("flows.py"):
                        mail.send("ann")
                except KeyError:
                    return None
            finally:
                len("tidy")

        def wraps():
            try:
                return _wrapping()
            except FlowError:  # caught: wraps
                return None

        def _wrapping():
            try:
                mail.send("ann")
            except mail.MailError as error:
                raise FlowError("no mail") from error  # wrapped: wraps

        def wraps_in_secret():
            try:
                mail.send("ann")
            except mail.MailError:
                raise FlowError("no mail") from None  # wrapped: wraps_in_secret

        def wraps_and_catches():
            try:
                try:
                    mail.send("ann")
                except mail.MailError:
                    raise FlowError("no mail")  # wrapped: wraps_and_catches
            except FlowError:  # caught: wraps_and_catches
                return None

        def fails_within_the_handler():
            try:
                mail.send("ann")
            except mail.MailError:  # caught: fails_within_the_handler
                try:
                    {}["ann"]
                except KeyError:
                    pass
                with contextlib.suppress(ZeroDivisionError):
                    1 / 0
                return None

        def suppresses():
            with contextlib.suppress(mail.MailError):  # caught: suppresses
                mail.send("ann")

        def is_guarded():
            with guards.quiet():
                mail.send("ann")

        def is_translated():
            try:
                with guards.translating():
                    mail.send("ann")
            except guards.GuardError:  # caught: is_translated
                return None

        def raises_again():
            known = None
            try:
                mail.send("ann")
            except mail.MailError as error:
                known = error
            try:
                if known:
                    raise known
            except mail.MailError:  # caught: raises_again
                return None

        def _addresses():
            try:
                yield mail.send("ann")
            finally:
                len("done")

        def generates():
            try:
                return [each for each in _addresses()]
            except mail.MailError:  # caught: generates
                return None

        async def awaits():
            await asyncio.sleep(0)
            try:
                await mail.post("ann")
            except mail.MailError:  # caught: awaits
                return None

        async def starts_a_task():
            try:
                await asyncio.create_task(mail.post("ann"))
            except mail.MailError:
                return None

        async def _posts():
            await asyncio.sleep(0)
            return await mail.post("ann")

        async def waits_for_a_task():
            task = asyncio.create_task(_posts())
            try:
                return await task
            except mail.MailError:  # caught: waits_for_a_task
                return None

        async def gathers():
            return await asyncio.gather(_posts(), return_exceptions=True)

        def asks_a_thread():
            with ThreadPoolExecutor(1) as pool:
                try:
                    return pool.submit(_helper).result()
                except mail.MailError:  # caught: asks_a_thread
                    return None

        def _helper():
            return mail.send("ann")

        def starts_a_thread():
            thread = threading.Thread(target=_catches_in_a_thread)
            thread.start()
            thread.join()

        def _catches_in_a_thread():
            try:
                mail.send("ann")
            except mail.MailError:  # caught: starts_a_thread
                return None

        def forgiving(function):
            @functools.wraps(function)
            def wrapper():
                try:
                    return function()
                except mail.MailError:  # caught: is_forgiven
                    return None
            return wrapper

        @forgiving
        def is_forgiven():
            mail.send("ann")
    """,
    "test_flows.py": """
        import asyncio, inspect, pytest
        import flows, mail

        NAMES = [name for name, each in vars(flows).items()
                 if inspect.isfunction(each) and not name.startswith("_") and name != "forgiving"]

        @pytest.mark.parametrize("name", NAMES)
        def test_flow(name):
            came = getattr(flows, name)()
            if inspect.iscoroutine(came):
                asyncio.run(came)
    """,
}


def mail_fails(baseline: Trial) -> Iterable[Experiment]:
    for crossed in baseline.crossings:
        if crossed.point.seam.callable.startswith("mail."):
            yield Experiment(
                baseline.test, crossed.point, "before", Fault("domain-error", "mail.MailError", "x"), 0
            )
            return


@pytest.fixture(scope="module")
def ways(lab_on: Callable[..., Lab]) -> dict[str, tuple[Link, ...]]:
    """The way of a fault in each of the flows, by its name."""
    result = lab_on(PROGRAM, instruments=STANDARD).run(mail_fails)
    assert not result.skipped
    trials = [trial for _, _, own in result.trials for trial in own]
    assert all(trial.fired and not trial.void for trial in trials)
    return {trial.test.partition("[")[2].rstrip("]"): trial.propagation for trial in trials}


def marked(kind: str, name: str) -> int:
    """The line of the program with this mark."""
    lines = PROGRAM["flows.py"].splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.endswith(f"# {kind}: {name}")), 0)


def told(steps: Iterable[Link]) -> list[str]:
    return [f"{step.kind} {step.callable}" for step in steps]


CAUGHT = [
    *(
        "catches",
        "catches_further_up",
        "wraps",
        "wraps_and_catches",
        "fails_within_the_handler",
        "suppresses",
    ),
    *("is_translated", "raises_again", "generates", "awaits", "waits_for_a_task", "starts_a_thread"),
    pytest.param(
        "asks_a_thread", marks=pytest.mark.skipif(not MONITORED, reason="two threads take monitoring")
    ),
    "is_forgiven",
]


@pytest.mark.parametrize("name", CAUGHT)
def test_it_ends_at_the_handler_out_of_which_nothing_came(
    ways: dict[str, tuple[Link, ...]], name: str
) -> None:
    first, *_, last = ways[name]
    assert (first.kind, first.exception, first.component) == ("raised", "mail.MailError", "flows")
    assert (last.kind, last.place.file, last.place.line) == ("caught", "flows.py", marked("caught", name))
    assert last.source == PROGRAM["flows.py"].splitlines()[last.place.line - 1].strip()


@pytest.mark.parametrize("name", ["wraps", "wraps_in_secret", "wraps_and_catches"])
def test_it_tells_where_another_exception_takes_its_place(
    ways: dict[str, tuple[Link, ...]], name: str
) -> None:
    (wrapped,) = [step for step in ways[name] if step.kind == "wrapped"]
    assert (wrapped.exception, wrapped.place.line) == ("flows.FlowError", marked("wrapped", name))


def test_finally_and_with_catch_nothing(ways: dict[str, tuple[Link, ...]]) -> None:
    assert told(ways["catches_further_up"]) == [
        "raised flows._tidies",
        "thrown into guards.closing",
        "passed flows.catches_further_up",
        "caught flows.catches_further_up",
    ]


def test_a_context_manager_of_the_project_catches_what_is_thrown_into_it(
    ways: dict[str, tuple[Link, ...]],
) -> None:
    assert told(ways["is_guarded"]) == [
        "raised flows.is_guarded",
        "thrown into guards.quiet",
        "caught guards.quiet",
    ]
    assert told(ways["is_translated"])[:3] == [
        "raised flows.is_translated",
        "thrown into guards.translating",
        "wrapped guards.translating",
    ]


def test_what_nobody_catches_leaves_the_program(ways: dict[str, tuple[Link, ...]]) -> None:
    assert told(ways["lets_through"]) == ["raised flows.lets_through", "left flows.lets_through"]
    assert told(ways["wraps_in_secret"])[-1] == "left flows.wraps_in_secret"
    assert told(ways["gathers"])[-1] == "left flows._posts"


@pytest.mark.skipif(not MONITORED, reason="two threads take monitoring")
def test_it_goes_on_in_another_thread(ways: dict[str, tuple[Link, ...]]) -> None:
    assert told(ways["asks_a_thread"]) == [
        "raised flows._helper",
        "raised again flows.asks_a_thread",
        "caught flows.asks_a_thread",
    ]


@pytest.mark.skipif(MONITORED, reason="there is no trace function")
def test_without_monitoring_nothing_is_told_of_what_goes_on_in_another_thread(
    ways: dict[str, tuple[Link, ...]],
) -> None:
    assert ways["asks_a_thread"] == ()


TRACED = {
    "conftest.py": """
        import sys, pytest

        def tracer(frame, event, argument):
            return None

        @pytest.fixture(autouse=True)
        def traced():
            sys.settrace(tracer)
            yield
            assert sys.gettrace() is tracer
            sys.settrace(None)
    """
}


def test_a_trace_function_that_is_there_is_left_alone(lab_on: Callable[..., Lab]) -> None:
    result = lab_on({**PROGRAM, **TRACED}, "test_flows.py::test_flow[catches]", instruments=STANDARD).run(
        mail_fails
    )
    ((_, _, (trial,)),) = result.trials
    assert (trial.outcome, trial.failure) == ("passed", "")
    assert told(trial.propagation) == (["raised flows.catches", "caught flows.catches"] if MONITORED else [])
