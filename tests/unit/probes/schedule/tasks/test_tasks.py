"""Tasks of one event loop take turns: every switch is chosen, and else all is as asyncio has it."""

from __future__ import annotations

import asyncio
import contextvars
import time

import anyio
import anyio.to_thread
import pytest

from dryfit.probes.schedule.orders import follow, serial


class Stock:
    left = 0


def lanes(interleaving, worker):
    return [(step.kind, step.what) for step in interleaving.steps if step.worker == worker]


@pytest.fixture
def stock():
    return Stock()


@pytest.fixture
def buy(stock):
    async def buy():
        left = stock.left
        await asyncio.sleep(0.5)
        stock.left = left - 1
        return left

    return buy


def test_one_runs_after_the_other(stage, stock, buy, values):
    stock.left = 2

    interleaving, outcomes = stage.serially(buy, buy)

    assert interleaving.schedule == (0, 0, 1, 1)
    assert interleaving.ending == "completed"
    assert values(outcomes) == [2, 1]
    assert stock.left == 0


def test_a_schedule_shows_a_lost_update(stage, stock, buy, values):
    stock.left = 2

    interleaving, outcomes = stage.run([buy, buy], (0, 1, 1, 0))

    assert interleaving.schedule == (0, 1, 1, 0)
    assert values(outcomes) == [2, 2]
    assert stock.left == 1


def test_the_same_choices_give_the_same_steps(stage, buy):
    runs = [stage.run([buy, buy, buy], (0, 2, 1, 1, 0, 2))[0] for _ in range(3)]

    assert runs[0] == runs[1] == runs[2]
    assert lanes(runs[0], 1) == [("began", ""), ("await", "sleep"), ("resumed", ""), ("returned", "")]
    assert [step.place.line for step in runs[0].steps if step.kind == "await"] == [
        buy.__code__.co_firstlineno + 2
    ] * 3


def test_a_search_reaches_each_outcome_and_ends(stage, stock, buy):
    found = set()

    def again():
        found.add(stock.left)
        stock.left = 2

    stage.explore([buy, buy], again)

    assert found - {Stock.left} >= {1} or stock.left in (0, 1)
    assert {0, 1} <= found | {stock.left}


def test_a_lock_that_is_held_blocks(stage):
    lock = asyncio.Lock()

    async def alone():
        async with lock:
            await asyncio.sleep(0)

    interleaving, _ = stage.run([alone, alone], (0, 1, 0, 1))

    assert lanes(interleaving, 1) == [
        ("began", ""),
        ("await", "Lock.acquire"),
        ("blocked", "Lock.acquire"),
        ("resumed", ""),
        ("await", "sleep"),
        ("resumed", ""),
        ("returned", ""),
    ]
    assert next(step for step in interleaving.steps if step.kind == "blocked").by == (0,)
    assert interleaving.moves[2].choice.enabled == (0,)


def test_two_locks_in_two_orders_are_a_deadlock(stage, values):
    locks = [asyncio.Lock(), asyncio.Lock()]

    def taking(first, second):
        async def take():
            async with locks[first]:
                await asyncio.sleep(0)
                async with locks[second]:
                    return "both"

        return take

    interleaving, outcomes = stage.run([taking(0, 1), taking(1, 0)], (0, 1))

    assert interleaving.ending == "deadlock"
    assert "operation 1 waits for operation 2 (Lock.acquire at " in interleaving.said
    assert values(outcomes) == [None, None]
    assert not locks[0].locked()
    assert not locks[1].locked()


def test_a_deadlock_is_found_while_others_could_go_on(stage, values):
    locks = [asyncio.Lock(), asyncio.Lock()]

    def taking(first, second):
        async def take():
            async with locks[first]:
                await asyncio.sleep(0)
                async with locks[second]:
                    return "both"

        return take

    async def other():
        for _ in range(50):
            await asyncio.sleep(0)

    interleaving, outcomes = stage.run([other, taking(0, 1), taking(1, 0)], serial((1, 2, 0)))
    crossed, _ = stage.run([other, taking(0, 1), taking(1, 0)], follow((1, 2, 1, 2, 0, 0, 0)))

    assert values(outcomes)[1:] == ["both", "both"]
    assert interleaving.ending == "completed"
    assert crossed.ending == "deadlock"
    assert len(crossed.moves) == 4


@pytest.mark.parametrize("kind", [asyncio.Queue, asyncio.LifoQueue])
def test_a_pool_that_is_used_up_is_no_deadlock(stage, kind):
    idle = kind()
    idle.put_nowait("first")
    idle.put_nowait("second")

    async def nested():
        outer, inner = await take(), await take()
        idle.put_nowait(outer)
        idle.put_nowait(inner)

    async def take():
        found = await idle.get()
        await asyncio.sleep(0)
        return found

    interleaving, _ = stage.run([nested, nested], (0, 1) * 4)

    assert interleaving.ending == "stuck"
    blocked = [step for step in interleaving.steps if step.kind == "blocked"]
    assert [(step.worker, step.what.rpartition(" ")[2], step.by) for step in blocked] == [
        (0, "Queue.get", ()),
        (1, "Queue.get", ()),
    ]


def test_two_semaphores_in_two_orders_are_a_deadlock(stage):
    one, other = asyncio.Semaphore(1), asyncio.Semaphore(1)

    def taking(first, second):
        async def take():
            async with first:
                await asyncio.sleep(0)
                async with second:
                    return "both"

        return take

    assert stage.run([taking(one, other), taking(other, one)], (0, 1, 0, 1))[0].ending == "deadlock"


def test_one_that_takes_its_own_lock_twice_waits_for_itself(stage):
    async def twice():
        lock = asyncio.Lock()
        async with lock, lock:
            return "never"

    interleaving, _ = stage.serially(twice)

    assert interleaving.ending == "deadlock"
    assert "operation 1 waits for operation 1" in interleaving.said


def test_an_event_that_nobody_sets_is_found_at_once(stage):
    async def wait():
        await asyncio.Event().wait()

    async def other():
        await asyncio.sleep(0)

    interleaving, _ = stage.serially(wait, other)

    assert interleaving.ending == "stuck"
    assert "and no operation is left that could end that" in interleaving.said


def test_queues_events_conditions_and_semaphores_wake_those_that_wait(stage, values):
    queue, event, condition, two = asyncio.Queue(), asyncio.Event(), asyncio.Condition(), asyncio.Semaphore(0)
    order = []

    async def taker():
        order.append(await queue.get())
        await event.wait()
        async with condition:
            await condition.wait_for(lambda: "set" in order)
        await two.acquire()
        order.append("over")

    async def giver():
        await queue.put("first")
        event.set()
        await asyncio.sleep(1)
        async with condition:
            order.append("set")
            condition.notify_all()
        two.release()

    interleaving, _ = stage.serially(taker, giver)

    assert interleaving.ending == "completed"
    assert order == ["first", "set", "over"]


def test_tasks_of_an_operation_belong_to_it(stage, values):
    async def part(number):
        await asyncio.sleep(number)
        return stage.tasks.worker(), number

    async def whole():
        async with asyncio.TaskGroup() as group:
            group.create_task(part(2))
        pending = asyncio.create_task(part(1))
        return [*await asyncio.gather(part(3), part(4)), await pending]

    interleaving, outcomes = stage.run([whole, whole], (0, 1) * 20)

    assert values(outcomes) == [[(worker, number) for number in (3, 4, 1)] for worker in (0, 1)]
    assert interleaving.ending == "completed"
    assert interleaving.schedule[:6] == (0, 1) * 3


def test_what_an_operation_left_behind_goes_on_until_all_are_over(stage):
    done = []

    async def later():
        await asyncio.sleep(0)
        done.append("later")

    async def forever():
        while True:
            await asyncio.sleep(1)

    async def leaves():
        done.append(asyncio.create_task(later()))
        done.append(asyncio.create_task(forever()))

    interleaving, _ = stage.serially(leaves, leaves)

    assert interleaving.ending == "completed"
    assert done.count("later") == 2
    assert all(task.done() for task in done if isinstance(task, asyncio.Task))


def test_a_sleep_takes_no_time_but_the_loop_s_clock_goes_on(stage, values):
    async def sleeper():
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.sleep(3600)
        return round(loop.time() - begun)

    begun = time.monotonic()
    _, outcomes = stage.serially(sleeper, sleeper)

    assert values(outcomes) == [3600, 3600]
    assert time.monotonic() - begun < 60


def test_sleeps_of_one_operation_end_in_their_order(stage):
    order = []

    async def after(seconds):
        await asyncio.sleep(seconds)
        order.append(seconds)

    async def both():
        await asyncio.gather(after(2), after(1))

    stage.serially(both)

    assert order == [1, 2]


@pytest.mark.parametrize("guard", ["timeout", "wait_for"])
def test_a_timeout_does_not_fire_around_what_can_go_on(stage, values, guard):
    event = asyncio.Event()

    async def waits():
        if guard == "wait_for":
            return await asyncio.wait_for(event.wait(), 0.001)
        async with asyncio.timeout(0.001):
            return await event.wait()

    async def sets():
        for _ in range(5):
            await asyncio.sleep(10)
        event.set()

    assert values(stage.serially(waits, sets)[1]) == [True, None]


@pytest.mark.parametrize("guard", ["timeout", "wait_for"])
def test_a_timeout_fires_where_nothing_else_can_go_on(stage, values, guard):
    async def waits():
        if guard == "wait_for":
            return await asyncio.wait_for(asyncio.Event().wait(), 3600)
        async with asyncio.timeout(3600):
            return await asyncio.Event().wait()

    interleaving, outcomes = stage.serially(waits, waits)

    assert values(outcomes) == [TimeoutError, TimeoutError]
    assert interleaving.ending == "completed"


def test_one_that_polls_lets_others_go_on(stage, values):
    seen = []

    async def polls():
        while not seen:
            await asyncio.sleep(0.1)
        return "seen"

    async def sets():
        await asyncio.sleep(0)
        seen.append(1)

    assert values(stage.serially(polls, sets)[1]) == ["seen", None]


def test_cancelling_is_as_in_asyncio(stage, values):
    async def victim(said):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError as error:
            said.append(error.args)
            await asyncio.sleep(1)
            raise

    async def canceller():
        said = []
        task = asyncio.create_task(victim(said))
        await asyncio.sleep(0)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await task
        return said, task.cancelled()

    async def itself():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    _, outcomes = stage.run([canceller, itself], (0, 1) * 9)

    assert values(outcomes) == [([("enough",)], True), asyncio.CancelledError]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_is_what_came_of_it(stage, values, error):
    async def raises():
        await asyncio.sleep(0)
        raise error("for a reason")

    async def other():
        await asyncio.sleep(0)
        return "fine"

    interleaving, outcomes = stage.serially(raises, other)

    assert values(outcomes) == [error, "fine"]
    assert lanes(interleaving, 0)[-1] == ("raised", error.__name__)


def test_context_variables_and_asynchronous_generators_are_as_in_asyncio(stage, values):
    mine = contextvars.ContextVar("mine", default="")

    async def numbers():
        for number in range(3):
            await asyncio.sleep(0)
            yield number

    def operation(name):
        async def run():
            mine.set(name)
            found = [number async for number in numbers()]
            return mine.get(), found

        return run

    assert values(stage.run([operation("a"), operation("b")], (0, 1) * 9)[1]) == [
        ("a", [0, 1, 2]),
        ("b", [0, 1, 2]),
    ]


def test_a_cancelled_scope_of_anyio_ends(stage, values):
    async def cancel():
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            await asyncio.sleep(0)
            group.cancel_scope.cancel()
            await asyncio.Event().wait()
        return "cancelled"

    interleaving, outcomes = stage.serially(cancel, cancel)

    assert (interleaving.ending, values(outcomes)) == ("completed", ["cancelled"] * 2)


@pytest.mark.parametrize("hand_over", [asyncio.to_thread, anyio.to_thread.run_sync], ids=["asyncio", "anyio"])
def test_work_for_a_thread_ends_the_interleaving(stage, hand_over):
    done = []

    async def works():
        await hand_over(done.append, "work")

    interleaving, outcomes = stage.serially(works, works)

    assert (interleaving.ending, outcomes) == ("stuck", (None, None))
    assert "hands work to a thread" in interleaving.said
    assert stage.tasks.need_threads
    assert not done


def test_a_driver_s_call_that_would_block_the_loop_ends_the_interleaving(stage):
    done = []

    async def blocks():
        stage.tasks.block(lambda: done.append("statement"))

    interleaving, outcomes = stage.serially(blocks, blocks)

    assert (interleaving.ending, outcomes) == ("stuck", (None, None))
    assert "blocks the event loop" in interleaving.said
    assert stage.tasks.need_threads
    assert not done


def test_real_input_and_output_stays_real(stage, values):
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    async def both():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        async def asks():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello\n")
            answer = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return answer

        async with server:
            return await stage.tasks.run([asks, asks], serial((0, 1)))

    interleaving, outcomes = asyncio.run(both())

    assert values(outcomes) == [b"hello\n", b"hello\n"]
    assert interleaving.ending == "completed"


def test_a_wait_in_a_server_is_what_the_server_says(stage):
    def operation(connection):
        async def run():
            await stage.lock(connection, "row")
            await stage.commit(connection)

        return run

    interleaving, _ = stage.run([operation(1), operation(2)], (0, 1, 0, 1))

    assert interleaving.ending == "completed"
    assert lanes(interleaving, 1) == [
        ("began", ""),
        ("statement", "lock row"),
        ("blocked", "lock row"),
        ("woken", "lock row"),
        ("commit", "commit"),
        ("returned", ""),
    ]
    assert next(step for step in interleaving.steps if step.kind == "blocked").by == (0,)


def test_every_order_of_two_transactions_is_the_same_again(stage):
    def operation(connection):
        async def run():
            await stage.lock(connection, "row")
            await stage.commit(connection)

        return run

    runs = stage.explore([operation(1), operation(2)], lambda: None)
    again = stage.explore([operation(1), operation(2)], lambda: None)

    assert [run for run, _ in runs] == [run for run, _ in again]
    assert {run.ending for run, _ in runs} == {"completed"}
    assert any(step.kind == "blocked" for run, _ in runs for step in run.steps)


def test_a_deadlock_in_the_server_has_a_victim_that_may_try_again(stage, values):
    def operation(connection, first, second):
        async def run():
            await stage.lock(connection, first)
            try:
                await stage.lock(connection, second)
            except Exception as error:
                await stage.commit(connection)
                return type(error).__name__
            await stage.commit(connection)
            return "fine"

        return run

    interleaving, outcomes = stage.run([operation(1, "a", "b"), operation(2, "b", "a")], (0, 1, 0, 1, 0, 1))

    assert interleaving.ending == "completed"
    assert values(outcomes) == ["StatementEndedError", "fine"]
    assert stage.rows.cancelled == [1]
    assert ("victim", "lock b") in lanes(interleaving, 0)


def test_a_deadlock_over_a_lock_and_a_row_ends_the_interleaving(stage, values):
    lock = asyncio.Lock()

    async def lock_first():
        async with lock:
            await stage.lock(1, "row")
        await stage.commit(1)

    async def row_first():
        await stage.lock(2, "row")
        async with lock:
            await stage.commit(2)

    interleaving, outcomes = stage.run([lock_first, row_first], (0, 1, 1, 1, 0, 0))

    assert interleaving.ending == "deadlock"
    assert "operation 1 waits for operation 2 (lock row)" in interleaving.said
    assert values(outcomes) == [None, None]
    assert stage.rows.waits == {}


def test_a_row_that_a_stranger_holds_is_named(stage):
    stage.rows.holders["row"] = 77

    interleaving, _ = stage.serially(lambda: stage.lock(1, "row"))

    assert interleaving.ending == "stuck"
    assert interleaving.said.endswith("for none of the operations, but for the server's process 77 of fake")


def test_a_server_that_is_gone_ends_the_interleaving_alone(stage, buy, values):
    stage.rows.holders["row"] = 77
    stage.rows.is_gone = True

    interleaving, _ = stage.serially(lambda: stage.lock(1, "row"))

    assert interleaving.ending == "stuck"
    assert "the server is gone" in interleaving.said
    assert stage.serially(buy)[0].ending == "completed"


@pytest.mark.parametrize("stage", [0.2], indirect=True)
def test_one_that_never_gives_way_is_ended_and_named(stage, buy, values):
    async def spins():
        while True:
            pass

    interleaving, outcomes = stage.serially(buy, spins)

    assert interleaving.ending == "limit"
    assert "operation 2 came to no switch point" in interleaving.said
    assert "spins" in interleaving.said
    assert values(outcomes) == [0, None]
    assert stage.serially(buy)[0].ending == "completed"


# Whatever runs in that thread may be told to end: a callback of the garbage collector, of hypothesis' for example.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("stage", [0.2], indirect=True)
def test_one_that_sleeps_without_end_is_ended(stage, values):
    async def sleeps():
        while True:
            await asyncio.sleep(60)

    interleaving, outcomes = stage.serially(sleeps)

    assert interleaving.ending == "limit"
    assert "operation 1 stands at sleep" in interleaving.said
    assert values(outcomes) == [None]


@pytest.mark.parametrize("stage", [0.2], indirect=True)
def test_a_call_that_does_not_come_back_is_ended(stage, values):
    async def hangs():
        await stage.tasks.call(None, "send", "GET /", None, asyncio.Event().wait)

    interleaving, outcomes = stage.serially(hangs)

    assert interleaving.ending == "limit"
    assert "GET /" in interleaving.said
    assert values(outcomes) == [None]


def test_a_choice_that_fails_is_raised_where_it_was_asked_for(stage, buy):
    def choose(choice):
        raise LookupError("no choice")

    with pytest.raises(LookupError, match="no choice"):
        stage.run([buy, buy], choose)
    assert stage.serially(buy)[0].ending == "completed"


def test_the_loop_is_left_as_it_was(stage, buy):
    async def look():
        loop = asyncio.get_running_loop()
        before = dict(vars(loop))
        await stage.tasks.run([buy, buy], serial((0, 1)))
        return set(vars(loop)) ^ set(before)

    assert asyncio.run(look()) == set()


@pytest.mark.asyncio
async def test_it_runs_in_the_loop_of_pytest_asyncio(stage, buy, values):
    interleaving, outcomes = await stage.tasks.run([buy, buy], serial((1, 0)))

    assert interleaving.schedule == (1, 1, 0, 0)
    assert values(outcomes) == [-1, 0]


def test_a_task_of_nobody_s_may_bring_what_is_waited_for(stage, values):
    async def greet(reader, writer):
        writer.write(b"hello\n")
        writer.close()

    async def main():
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        came = asyncio.Event()

        async def bring():
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            assert await reader.readline() == b"hello\n"
            writer.close()
            came.set()

        async def waits():
            return await asyncio.wait_for(came.wait(), 30)

        bringing = asyncio.create_task(bring())
        async with server:
            ran = await stage.tasks.run([waits], serial((0,)))
            await bringing
        return ran

    interleaving, outcomes = asyncio.run(main())

    assert (interleaving.ending, values(outcomes)) == ("completed", [True])
