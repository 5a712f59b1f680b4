"""``dryfit replay ID --pdb`` in a terminal: it stops where the failure was mishandled."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from tests import plugins

PROMPT = "(Pdb) "
MOST_SECONDS = 60

OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "dryfit", *sys.argv[1:]])
"""
"""Makes the terminal the one from which Ctrl-C comes."""

SHOP = {
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p no:randomly -p no:cacheprovider"\n',
    "mail.py": """
        SENT = []

        class MailError(Exception):
            pass

        def send(address):
            if "@" not in address:
                raise MailError(f"{address} is no address")
            SENT.append(address)
    """,
    "orders.py": """
        import mail

        ORDERS = []

        def place(address):
            ORDERS.append(address)
            try:
                mail.send(address)
            except mail.MailError:
                lost = address
            return len(ORDERS)

        def change(address):
            ORDERS.append(address)
            mail.send(address)
            ORDERS.append("changed")

        class Basket:
            async def order(self, address):
                return change(address)
    """,
    "test_orders.py": """
        import asyncio
        import mail
        import orders
        import pytest

        @pytest.fixture(autouse=True)
        def empty():
            mail.SENT.clear()
            orders.ORDERS.clear()

        def test_place(capfd):
            print("not to be seen")
            assert orders.place("ann@example.com") == 1

        def test_change():
            asyncio.run(orders.Basket().order("bob@example.com"))
    """,
}


class Terminal:
    """A process that has a terminal, and whoever sits there."""

    def __init__(self, screen: int) -> None:
        self._screen = screen

    def until(self, what: str) -> str:
        """All that is written until this is; where the process ends first, or takes too long, all that there was."""
        said, deadline = "", time.monotonic() + MOST_SECONDS
        while what not in said and time.monotonic() < deadline:
            if not select.select([self._screen], [], [], 1)[0]:
                continue
            try:
                said += os.read(self._screen, 4096).decode(errors="replace")
            except OSError:  # nobody writes any more
                break
        return said

    def type(self, line: str) -> str:
        """What is answered to a line, until the next prompt."""
        os.write(self._screen, f"{line}\n".encode())
        return self.until(PROMPT)


@contextmanager
def terminal(project, *arguments) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """Dryfit in a terminal."""
    screen, line = pty.openpty()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
        **plugins.only(),
        "COLUMNS": "200",
        "TERM": "dumb",
        "PYTHON_COLORS": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *arguments],
        cwd=project.root,
        env=environment,
        stdin=line,
        stdout=line,
        stderr=line,
        start_new_session=True,
    )
    os.close(line)
    try:
        yield Terminal(screen), process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        os.close(screen)


@pytest.fixture(scope="module")
def shop(project_in, tmp_path_factory):
    project = project_in(tmp_path_factory.mktemp("shop"))
    project.write(SHOP)
    ended = project.dryfit("check", "--only", "exceptions", "--json", "found.json")
    assert ended.status == 1, ended.out + ended.err
    return project


def finding(project, rule):
    report = json.loads((project.root / "found.json").read_text())
    (found,) = (each["id"] for each in report["findings"] if each["rule"] == rule)
    return found


def test_it_stops_in_the_handler_of_a_failure_that_was_swallowed(shop):
    with terminal(shop, "replay", finding(shop, "DF301"), "--pdb") as (seat, process):
        said = seat.until(PROMPT)
        assert "stopping at orders.py:10 in place, in a new process" in said
        assert "orders.py(10)place()" in said
        assert "-> except mail.MailError:" in said
        assert "not to be seen" not in said
        assert "'ann@example.com'" in seat.type("p address")
        assert "orders.py(11)place()" in seat.type("next")
        assert "test_place()" in seat.type("up")
        seat.type("continue")
        assert process.wait(MOST_SECONDS) == 1


def test_where_nobody_catches_it_it_stops_in_what_leaves_the_work_half_done(shop):
    with terminal(shop, "replay", finding(shop, "DF302"), "--pdb") as (seat, process):
        said = seat.until(PROMPT)
        assert "stopping at orders.py:21 in Basket.order" in said
        assert "orders.py(21)order()" in said
        assert "['bob@example.com']" in seat.type("p ORDERS")
        seat.type("continue")
        assert process.wait(MOST_SECONDS) == 1


def test_ctrl_c_is_for_the_debugger(shop):
    with terminal(shop, "replay", finding(shop, "DF301"), "--pdb") as (seat, process):
        seat.until(PROMPT)
        assert "--KeyboardInterrupt--" in seat.type("\x03")
        seat.type("quit")
        assert process.wait(MOST_SECONDS) == 1


def test_without_a_terminal_it_reads_what_is_piped_in(shop):
    done = subprocess.run(
        [sys.executable, "-m", "dryfit", "replay", finding(shop, "DF301"), "--pdb"],
        cwd=shop.root,
        env=os.environ | plugins.only(),
        input="p len(ORDERS), address\ncontinue\n",
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "(1, 'ann@example.com')" in done.stdout
