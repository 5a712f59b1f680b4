"""What a trial leaves behind."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy

from dryfit.model.trial import Leak


@pytest.fixture
def shop(stage):
    stage.write(
        shop="""
        import asyncio
        import sqlite3
        import subprocess
        import threading
        from concurrent.futures import ThreadPoolExecutor
        from sqlalchemy import text
        from sqlalchemy.orm import Session

        LOCK = threading.Lock()
        KEPT = []

        class Till:
            def __init__(self):
                self._lock = threading.RLock()

            def open(self, lets_go=True):
                self._lock.acquire()
                if lets_go:
                    self._lock.release()

        def lock(lets_go):
            LOCK.acquire()
            if lets_go:
                LOCK.release()

        def start(wait, name):
            threading.Thread(target=wait, name=name, daemon=True).start()

        def pooled(wait):
            pool = ThreadPoolExecutor(1)
            KEPT.append(pool)
            pool.submit(wait)

        async def spawn(event):
            KEPT.append(asyncio.create_task(wait(event)))

        async def wait(event):
            await event.wait()

        def read(path, keeps):
            file = open(path, "w")
            file.write("x")
            if keeps:
                KEPT.append(file)
            else:
                file.close()

        def run(program, waits):
            process = subprocess.Popen(program, stdin=subprocess.PIPE)
            KEPT.append(process)
            if waits:
                process.communicate()

        def forget(path):
            holder = [open(path, "w")]
            holder.append(holder)

        def begin(path, ends):
            connection = sqlite3.connect(path)
            KEPT.append(connection)
            connection.execute("CREATE TABLE t (x)")
            connection.execute("INSERT INTO t VALUES (1)")
            if ends:
                connection.commit()

        def write(connection):
            connection.execute("CREATE TABLE t (x)")
            connection.execute("INSERT INTO t VALUES (1)")

        def fall(path):
            connection = sqlite3.connect(path)
            connection.execute("CREATE TABLE t (x)")
            connection.execute("INSERT INTO t VALUES (1)")
            raise ValueError("fell")

        def ask(engine, keeps):
            session = Session(engine)
            session.execute(text("SELECT 1"))
            if keeps:
                KEPT.append(session)
            else:
                session.close()
        """
    )
    shop = stage.load("shop")
    yield shop
    shop.KEPT.clear()


def test_nothing_is_left(stage, shop, tmp_path):
    with stage.trial() as trial:
        shop.lock(True)
        shop.begin(tmp_path / "shop.db", True)
        shop.read(tmp_path / "x.txt", False)
        shop.KEPT.pop().close()
    assert trial.leaks == ()


def test_a_lock_that_is_held(stage, shop):
    with stage.trial() as trial:
        till = shop.Till()
        till.open(lets_go=False)
        shop.lock(False)
    assert trial.leaks == (Leak("lock", "shop.LOCK"), Leak("lock", "shop.Till._lock"))


def test_a_lock_that_is_let_go_before_the_call_is_over(stage, shop):
    with stage.trial() as trial:
        shop.lock(False)
        shop.LOCK.release()
    assert trial.leaks == ()


def test_what_lives_only_as_long_as_the_test_does_counts(stage, shop):
    def test():
        shop.Till().open(lets_go=False)

    with stage.trial() as trial:
        test()
    assert trial.leaks == (Leak("lock", "shop.Till._lock"),)


def test_a_transaction_that_teardown_would_hide(stage, shop, tmp_path):
    with stage.trial() as trial:
        shop.begin(tmp_path / "shop.db", False)
        trial.scene.called()
        shop.KEPT.pop().close()
    assert trial.leaks == (Leak("transaction", "sqlite shop.db"),)


def test_a_transaction_on_a_connection_that_the_test_forgets(stage, shop, tmp_path):
    def test():
        connection = sqlite3.connect(tmp_path / "shop.db")
        shop.write(connection)

    with stage.trial() as trial:
        test()
    assert trial.leaks == (Leak("transaction", "sqlite shop.db"),)


def test_what_only_an_exception_holds_is_no_leak(stage, shop, tmp_path):
    with stage.trial() as trial:
        with pytest.raises(ValueError, match="fell") as caught:
            shop.fall(tmp_path / "shop.db")
        del caught
    assert trial.leaks == ()


def test_a_connection_that_is_not_given_back(stage, shop, tmp_path):
    stage.scene()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=sqlalchemy.QueuePool)
    for keeps, leaks in ((False, ()), (True, (Leak("connection", "sqlite shop.db"),))):
        with stage.trial() as trial:
            shop.ask(engine, keeps)
            trial.scene.called()
            while shop.KEPT:
                shop.KEPT.pop().close()
            engine.dispose()
        assert trial.leaks == leaks


def test_threads_by_name_but_not_those_of_pools(stage, shop):
    end = threading.Event()
    with stage.trial() as trial:
        shop.start(end.wait, "refill-1")
        shop.start(end.wait, "refill-2")
        shop.pooled(end.wait)
    end.set()
    shop.KEPT.pop().shutdown()
    assert trial.leaks == (Leak("thread", "refill", 2),)


def test_a_thread_that_is_about_to_end(stage, shop):
    with stage.trial() as trial:
        shop.start(lambda: None, "brief")
    assert trial.leaks == ()


def test_tasks_that_nobody_waits_for(stage, shop):
    loop = asyncio.new_event_loop()
    event = asyncio.Event()
    with stage.trial() as trial:
        loop.run_until_complete(shop.spawn(event))
    event.set()
    loop.run_until_complete(shop.KEPT.pop())
    loop.close()
    assert trial.leaks == (Leak("task", "wait"),)


def test_a_task_that_only_the_end_of_its_loop_ends(stage, shop):
    with stage.trial() as trial, asyncio.Runner() as runner:
        runner.run(shop.spawn(asyncio.Event()))
    assert trial.leaks == (Leak("task", "wait"),)


def test_a_task_that_ends_by_itself_before_its_loop_does(stage, shop):
    async def spawn():
        event = asyncio.Event()
        await shop.spawn(event)
        event.set()

    with stage.trial() as trial, asyncio.Runner() as runner:
        runner.run(spawn())
    assert trial.leaks == ()


def test_with_what_a_program_is_run_in_its_tasks_end(stage, shop):
    with stage.trial() as trial:
        asyncio.run(shop.spawn(asyncio.Event()))
    assert trial.leaks == ()


def test_a_runner_is_as_it_was_after_the_trial(stage, shop):
    close = asyncio.Runner.close
    with stage.trial():
        pass
    assert asyncio.Runner.close is close


def test_open_files(stage, shop, tmp_path):
    with stage.trial() as trial:
        shop.read(tmp_path / "x1.txt", True)
    shop.KEPT.pop().close()
    assert trial.leaks == (Leak("file", "x….txt"),)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system lists no children")
def test_a_process_that_nobody_waits_for(stage, shop):
    with stage.trial() as trial:
        shop.run("cat", waits=True)
        shop.run("cat", waits=False)
    shop.KEPT[-1].communicate()
    assert [leak for leak in trial.leaks if leak.kind == "process"] == [Leak("process", "cat")]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system lists no children")
def test_a_process_that_has_ended_and_that_nobody_has_waited_for(stage, shop):
    with stage.trial() as trial:
        shop.run("true", waits=False)
        os.waitid(os.P_PID, shop.KEPT[-1].pid, os.WEXITED | os.WNOWAIT)
    shop.KEPT[-1].communicate()
    assert Leak("process", "true") in trial.leaks


def test_what_only_garbage_holds_is_no_leak(stage, shop, tmp_path):
    with stage.trial() as trial:
        shop.forget(tmp_path / "x.txt")
    assert trial.leaks == ()


def test_a_thread_that_the_test_starts_is_its_own_affair(stage, shop, tmp_path):
    go_on = threading.Event()
    with stage.trial() as trial:
        threading.Thread(target=go_on.wait, name="server of the test", daemon=True).start()
        shop.read(tmp_path / "x.txt", False)
    go_on.set()
    assert trial.leaks == ()
