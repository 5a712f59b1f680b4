"""``dryfit check --changed-since REV`` in a real repository, and what else decides which trials there are."""

from __future__ import annotations

import json
import subprocess

import pytest

from dryfit.config import load_config
from dryfit.run import recall
from dryfit.store import runs

PROGRAM = {
    ".gitignore": "*.json\n.dryfit/\n__pycache__/\nran.txt\n",
    "mail.py": """
        class MailError(Exception):
            pass

        def send(address):
            if not address:
                raise MailError(address)
            return address
    """,
    "orders.py": """
        import mail

        def place():
            return mail.send("ann")
    """,
    "refunds.py": """
        import mail

        def refund():
            return mail.send("bob")
    """,
    "conftest.py": """
        import pytest
        import mail

        def note(what, test):
            with open("ran.txt", "a") as ran:
                print(what, test, file=ran)

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_call(item):
            note("began", item.name)
            try:
                return (yield)
            except mail.MailError:
                note("failed", item.name)
                raise
    """,
    "test_orders.py": """
        import orders

        def test_place():
            assert orders.place() == "ann"
    """,
    "test_refunds.py": """
        import refunds

        def test_refund():
            assert refunds.refund() == "bob"
    """,
}


def git(project, *arguments):
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, *arguments], cwd=project.root, check=True, capture_output=True)


@pytest.fixture
def repository(empty_project):
    empty_project.write(PROGRAM)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        git(empty_project, *command)
    return empty_project


def order(project, *arguments):
    """What the tests noted: in which order they began, and failed."""
    (project.root / "ran.txt").unlink(missing_ok=True)
    ended = project.dryfit("check", "--only", "exceptions", "--fail-on", "never", *arguments)
    assert ended.status == 0, ended.out + ended.err
    return (project.root / "ran.txt").read_text().splitlines()


def failed(project, *arguments):
    return [line.split()[1] for line in order(project, *arguments) if line.startswith("failed")]


@pytest.mark.parametrize(
    ("file", "first"),
    [("refunds.py", "test_refund"), ("test_refunds.py", "test_refund"), ("orders.py", "test_place")],
)
def test_what_has_to_do_with_changed_files_is_tried_first(repository, file, first):
    change(repository, file)
    tried = failed(repository, "--changed-since", "HEAD")
    assert tried[0] == first
    assert set(tried) == {"test_place", "test_refund"}


def test_what_was_committed_since_has_changed_too(repository):
    change(repository, "orders.py")
    git(repository, "commit", "-qam", "changed")
    change(repository, "refunds.py")
    git(repository, "commit", "-qam", "the other one")
    assert failed(repository, "--changed-since", "HEAD~1")[0] == "test_refund"
    assert set(failed(repository, "--changed-since", "HEAD")) == {"test_place", "test_refund"}


def test_a_test_that_has_changed_has_its_baseline_first(repository):
    change(repository, "test_refunds.py")
    began = order(repository, "--changed-since", "HEAD")
    assert began[:4] == ["began test_place", "began test_refund", "began test_refund", "began test_refund"]


def change(project, file):
    with (project.root / file).open("a") as changed:
        changed.write("\n")


def test_all_is_tried_and_found_as_ever(repository):
    usual, first = (findings(repository, *more) for more in ((), ("--changed-since", "HEAD")))
    assert usual == first


def findings(project, *arguments):
    project.dryfit("check", "--only", "exceptions", "--json", "found.json", *arguments)
    report = json.loads((project.root / "found.json").read_text())
    return report["findings"], report["checks"]["exceptions"]["trials"]


def test_a_revision_that_is_none_is_refused_in_one_line(repository):
    ended = repository.dryfit("check", "--changed-since", "nowhere")
    assert ended.status == 2
    (line,) = ended.err.strip().splitlines()
    assert "revision nowhere: git knows no such revision" in line
    assert not (repository.root / "ran.txt").exists()


def test_without_trials_it_is_refused(repository):
    ended = repository.dryfit("check", "--changed-since", "HEAD", "--only", "data")
    assert ended.status == 2
    assert "--changed-since: only the exceptions and contention checks have trials" in ended.err


def test_the_same_seed_gives_the_same_trials(repository):
    tried = []
    for _ in range(2):
        order(repository, "--seed", "7")
        path = runs.latest(repository.root)
        assert path is not None
        tried.append(recall(load_config(repository.root), path).verdicts)
    assert tried[0] == tried[1]
    assert len(tried[0]) == 2


BREAKS_OFF = {
    "conftest.py": """
        import os

        os.environ.setdefault("LEADS", str(os.getpid()))
    """,
    "orders.py": """
        import mail

        PLACED = []

        def place():
            PLACED.append("ann")
            try:
                PLACED.append(mail.send("ann"))
            except mail.MailError:
                pass
    """,
    "test_orders.py": """
        import orders

        def test_place():
            orders.PLACED.clear()
            orders.place()
    """,
    "test_refunds.py": """
        import mail, os, pytest, refunds, signal

        def test_refund():
            sum(range(10**7))  # what takes long is tried last
            try:
                refunds.refund()
            except mail.MailError:
                os.kill(int(os.environ["LEADS"]), signal.SIGINT)
                signal.pause()
    """,
}


def test_ctrl_c_keeps_what_was_found(empty_project):
    empty_project.write({**PROGRAM, **BREAKS_OFF})
    ended = empty_project.dryfit("check", "--only", "exceptions", "--json", "found.json")
    assert ended.status == 130, ended.out + ended.err
    report = json.loads((empty_project.root / "found.json").read_text())
    assert [each["rule"] for each in report["findings"]] == ["DF301"]
    assert report["checks"]["exceptions"]["exhausted"] is False
    assert "DF301" in ended.out
