"""Caller, site and test follow the work into threads, executors and tasks."""

import threading

import pytest

from dryfit.weave import threads

CALLEE = """
def work(x=1):
    return x
async def fetch(x=1):
    return x
def items(x=1):
    yield x
"""

# name: what the caller does. Each must cross into the callee once, from the line that is marked `# here`.
WAYS = {
    "a thread": """
        thread = threading.Thread(target=callee.work)
        thread.start()  # here
        thread.join()
    """,
    "a thread that runs a function of the caller": """
        def run():
            callee.work()  # here
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    """,
    "a subclass of Thread": """
        class Mine(threading.Thread):
            def run(self):
                callee.work()  # here
        thread = Mine()
        thread.start()
        thread.join()
    """,
    "a timer": """
        timer = threading.Timer(0, callee.work)
        timer.start()  # here
        timer.join()
    """,
    "an executor": """
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(callee.work).result()  # here
    """,
    "an executor's map": """
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            list(pool.map(callee.work, [1]))  # here
    """,
    "an executor that hands on to another one": """
        executor = concurrent.futures.ThreadPoolExecutor
        with executor(1) as first, executor(1) as second:
            first.submit(second.submit, callee.work).result().result()  # here
    """,
    "a thread that a thread starts": """
        inner = threading.Thread(target=callee.work)
        outer = threading.Thread(target=inner.start)
        outer.start()  # here
        outer.join()
        inner.join()
    """,
    "a task": """
        async def main():
            task = asyncio.create_task(callee.fetch())  # here
            await task
        asyncio.run(main())
    """,
    "gather": """
        async def main():
            await asyncio.gather(asyncio.sleep(0), callee.fetch())  # here
        asyncio.run(main())
    """,
    "a task group": """
        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(callee.fetch())  # here
        asyncio.run(main())
    """,
    "asyncio.run": """
        asyncio.run(callee.fetch())  # here
    """,
    "a coroutine made early": """
        async def main():
            coroutine = callee.fetch()  # here
            await asyncio.sleep(0)
            await coroutine
        asyncio.run(main())
    """,
    "to_thread": """
        async def main():
            await asyncio.to_thread(callee.work)  # here
        asyncio.run(main())
    """,
    "run_in_executor": """
        async def main():
            await asyncio.get_running_loop().run_in_executor(None, callee.work)  # here
        asyncio.run(main())
    """,
    "call_soon": """
        async def main():
            def run():
                callee.work()  # here
                done.set()
            done = asyncio.Event()
            asyncio.get_running_loop().call_soon(run)
            await done.wait()
        asyncio.run(main())
    """,
    "anyio's threads": """
        async def main():
            def run():
                callee.work()  # here
            await anyio.to_thread.run_sync(run)
        asyncio.run(main())
    """,
    "a generator that is handed on": """
        made = callee.items()  # here
        list(made)
    """,
}

if threads.HAS_OWN_CONTEXT:
    WAYS["a thread in a context of its own"] = """
        thread = threading.Thread(target=callee.work, context=contextvars.copy_context())
        thread.start()  # here
        thread.join()
    """

CALLER = """
import asyncio, concurrent.futures, contextvars, threading
import anyio, anyio.to_thread
import callee

def scenario():
{body}
"""


@pytest.mark.parametrize("way", WAYS)
def test_the_caller_is_the_one_who_handed_the_work_over(program, way):
    program.write(callee=CALLEE, caller=CALLER.format(body=WAYS[way]))
    lines = (program.folder / "caller.py").read_text().splitlines()
    recorder = program.compare()
    (crossing,) = (each for each in recorder.seen if each.component == "callee")
    assert (crossing.caller, crossing.test, crossing.above) == ("caller", "test_it", "caller.scenario")
    assert (
        str(crossing.place)
        == f"caller.py:{next(place for place, line in enumerate(lines, 1) if '# here' in line)}"
    )
    assert crossing.outcome.startswith("returned")


CONSUMER = """
import asyncio
def work(x=1):
    return x
def total(items):
    return sum(each(item) for item in items)
def each(item):
    return item
async def drained(items):
    return [item async for item in items]
def ran(coroutine):
    return asyncio.run(coroutine)
"""

# name: what the caller hands over for the callee to run. The marked line calls the callee while the callee runs it.
SUSPENDED = {
    "a generator expression": """
        callee.total(callee.work(x) for x in (1, 2))  # here
    """,
    "one within an iterator of the library": """
        callee.total(itertools.islice((callee.work(x) for x in (1, 2, 3)), 2))  # here
    """,
    "a generator": """
        def items():
            for x in (1, 2):
                yield callee.work(x)  # here
        callee.total(items())
    """,
    "an asynchronous generator": """
        async def items():
            for x in (1, 2):
                yield callee.work(x)  # here
        asyncio.run(callee.drained(items()))
    """,
    "a coroutine": """
        async def twice():
            for x in (1, 2):
                callee.work(x)  # here
        callee.ran(twice())
    """,
    "a function that a generator expression calls": """
        def one(x):
            return callee.work(x)  # here
        callee.total(one(x) for x in (1, 2))
    """,
}


@pytest.mark.parametrize("way", SUSPENDED)
def test_what_the_callee_runs_bit_by_bit_still_calls_from_where_it_stands(program, way):
    program.write(
        callee=CONSUMER,
        caller=CALLER.replace("import asyncio", "import itertools, asyncio").format(body=SUSPENDED[way]),
    )
    lines = (program.folder / "caller.py").read_text().splitlines()
    line = next(place for place, text in enumerate(lines, 1) if "# here" in text)
    recorder = program.compare()
    places = [(each.caller, str(each.place)) for each in recorder.seen if each.name == "callee.work"]
    assert places == [("caller", f"caller.py:{line}")] * 2
    assert "callee.each" not in recorder.names


def test_a_callback_of_the_loop_has_a_caller_though_no_line(program, recorder):
    program.write(
        callee=CALLEE,
        caller="""
        import asyncio, callee
        def scenario():
            async def main():
                asyncio.get_running_loop().call_soon(callee.work)
                await asyncio.sleep(0)
            asyncio.run(main())
        """,
    )
    recorder = program.compare()
    crossing = recorder.one("callee.work")
    assert (crossing.caller, str(crossing.place)) == ("caller", "")


def test_a_thread_that_a_test_leaves_behind_belongs_to_it(program, recorder):
    program.write(
        callee=CALLEE,
        caller="""
        import threading
        import callee
        def linger(go_on):
            def run():
                callee.work()
                go_on.wait()
                callee.work()
            thread = threading.Thread(target=run)
            thread.start()
            return thread
        """,
    )
    caller = program.load("caller")
    weave = program.weave(recorder, test="test_one")
    go_on = threading.Event()
    thread = caller.linger(go_on)
    weave.begin_test("test_two")
    program.load("callee").work()
    go_on.set()
    thread.join()
    works = [each for each in recorder.seen if each.name == "callee.work"]
    assert sorted((each.test, each.caller) for each in works) == [
        ("test_one", "caller"),
        ("test_one", "caller"),
        ("test_two", "<tests>"),
    ]


@pytest.mark.skipif(
    not threads.HAS_OWN_CONTEXT, reason="a thread has no context of its own before CPython 3.14"
)
def test_a_thread_in_a_context_that_another_one_is_in_fails_as_without_dryfit(program):
    program.write(
        callee=CALLEE,
        caller="""
        import contextvars, threading
        import callee
        def scenario():
            context = contextvars.copy_context()
            began, go_on, errors = threading.Event(), threading.Event(), []
            def first():
                began.set()
                go_on.wait()
            threading.excepthook, before = errors.append, threading.excepthook
            try:
                one = threading.Thread(target=first, context=context)
                one.start()
                began.wait()
                other = threading.Thread(target=callee.work, context=context)
                other.start()
                other.join()
                go_on.set()
                one.join()
            finally:
                threading.excepthook = before
            return [(each.exc_type.__name__, each.thread is other) for each in errors]
        """,
    )
    recorder = program.compare()
    assert [each.outcome for each in recorder.seen if each.name == "callee.work"] == []


def test_a_pools_thread_is_free_again_after_its_work(program, recorder):
    program.write(
        callee=CALLEE,
        caller="""
        import callee
        def go(pool):
            return pool.submit(callee.work).result()
        """,
    )
    from concurrent.futures import ThreadPoolExecutor

    caller = program.load("caller")
    weave = program.weave(recorder, test="test_one")
    with ThreadPoolExecutor(1) as pool:
        caller.go(pool)
        weave.begin_test("test_two")
        caller.go(pool)
        pool.submit(program.load("callee").work, 2).result()
    works = [(each.test, each.caller) for each in recorder.seen if each.name == "callee.work"]
    assert works == [("test_one", "caller"), ("test_two", "caller"), ("test_two", "<tests>")]


def test_a_thread_that_cannot_start_leaves_nothing(program, recorder):
    program.write(callee=CALLEE, caller="import callee\ndef go():\n    return callee.work()")
    caller = program.load("caller")
    program.weave(recorder)
    thread = threading.Thread(target=caller.go)
    thread.start()
    thread.join()
    with pytest.raises(RuntimeError, match="threads can only be started once"):
        thread.start()
    assert [each.test for each in recorder.seen] == ["test_it", "test_it"]


API = """
from fastapi import Depends, FastAPI
import callee

app = FastAPI()

def dependency():
    return callee.work(2)

async def async_dependency():
    yield await callee.fetch(3)

@app.get("/sync")
def sync(a: int = Depends(dependency), b: int = Depends(async_dependency)) -> int:
    return a + b + callee.work(4)

@app.get("/async")
async def asynchronous(x: int = 1) -> int:
    return await callee.fetch(x)
"""


@pytest.mark.filterwarnings("ignore:Using `httpx`")
@pytest.mark.parametrize("portal", [False, True], ids=["a client", "a client with a lifespan"])
def test_fastapi_and_its_test_client(program, recorder, portal):
    from fastapi.testclient import TestClient

    program.write(callee=CALLEE, api=API)
    program.file(
        "client.py",
        """
        def ask(client):
            return [client.get("/sync").json(), client.get("/async?x=7").json(), client.get("/async?x=no").status_code]
        """,
    )
    api, client = program.load("api"), program.load("client")
    bare = client.ask(TestClient(api.app))
    schema = api.app.openapi()
    program.weave(recorder, test="test_api")
    if portal:
        with TestClient(api.app) as made:
            woven = client.ask(made)
    else:
        woven = client.ask(TestClient(api.app))
    assert woven == bare == [9, 7, 422]
    api.app.openapi_schema = None
    assert api.app.openapi() == schema
    inner = [(each.caller, each.test, each.name) for each in recorder.seen if each.component == "callee"]
    assert sorted(inner) == [
        ("api", "test_api", "callee.fetch"),
        ("api", "test_api", "callee.fetch"),
        ("api", "test_api", "callee.work"),
        ("api", "test_api", "callee.work"),
    ]
    outer = {(each.caller, each.name) for each in recorder.seen if each.component == "api"}
    assert outer == {
        ("<tests>", f"api.{name}") for name in ("sync", "asynchronous", "dependency", "async_dependency")
    }
