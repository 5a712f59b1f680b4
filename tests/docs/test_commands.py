"""Every command that the README and the docs print is run, in a fresh copy of a sample project."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import plugins

Command = Callable[..., "subprocess.CompletedProcess[str]"]

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SAMPLE = HERE / "sample"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>console|bash|sh|shell)\n(?P<body>.*?)^(?P=indent)```", re.M | re.S
)
RESOURCES = re.compile(r"^```toml\n(?P<body>\[tool\.dryfit\.resources\]\n.*?)^```", re.M | re.S)
SCRIPT = re.compile(r"^```python\n(?P<body># (?P<name>\w+\.py)\n.*?)^```", re.M | re.S)
PLAIN = re.compile(r"(dryfit|pytest) [^$|><;&\\]*\Z")
PROMPT = "$ "

CANNOT_RUN = {
    "make ": "works on the checkout, and `make test` would start these very tests again",
    "pip install ": "changes the environment that the tests run in",
    "dryfit replay DF301-09c1f2 --pdb": "is typed into; tests/plugin/test_pdb.py does that, in a terminal of its own",
}
FOUND_SOMETHING = 1  # the exit status of `dryfit check` on a program with findings, as the sample is


def test_commands_are_found_with_and_without_a_prompt(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ dryfit map\nprinted\n$ dryfit check \\\n    --only data\n```\n"
        "```bash\n# a remark\npytest --dryfit\n```\n```toml\nkey = 1\n```\n"
    )
    assert commands_of(page) == [
        (2, "dryfit map"),
        (4, "dryfit check \\\n--only data"),
        (9, "pytest --dryfit"),
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run_in_its_order(page: Path, tmp_path: Path, run_dryfit: Command) -> None:
    project = tmp_path / "sample"
    shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    declare_resources(page, project)
    if any(option in page.read_text(encoding="utf-8") for option in ("--base", "--changed-since")):
        make_repository(project)
    if "--pact" in page.read_text(encoding="utf-8"):
        offer_http(page, project)
    failures = [
        f"{page.name}:{line}: {command}\n{ran.stdout}{ran.stderr}"
        for line, command in commands_of(page)
        if runs_here(command)
        if not ended_well(command, ran := run(command, project, run_dryfit))
    ]
    assert not failures, "\n".join(failures)


def test_every_exemption_is_needed() -> None:
    printed = [command for page in PAGES for _, command in commands_of(page)]
    assert [start for start in CANNOT_RUN if not any(command.startswith(start) for command in printed)] == []


def declare_resources(page: Path, project: Path) -> None:
    """Declare in the sample what the page declares first, where one of its commands needs resources."""
    text = page.read_text(encoding="utf-8")
    declared = RESOURCES.search(text)
    if declared and "dryfit env" in text:
        with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write("\n" + declared["body"])


def make_repository(project: Path) -> None:
    """Commit the sample, and let that be what was fetched last."""
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    committed = [["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "sample"]]
    for command in (*committed, ["update-ref", "refs/remotes/origin/main", "HEAD"]):
        subprocess.run(["git", *command], cwd=project, check=True)


def offer_http(page: Path, project: Path) -> None:
    """Give the sample an HTTP interface with tests, and the scripts that the page shows."""
    shutil.copytree(HERE / "sample_http", project, dirs_exist_ok=True)
    for script in SCRIPT.finditer(page.read_text(encoding="utf-8")):
        (project / script["name"]).write_text(script["body"], encoding="utf-8")


def commands_of(page: Path) -> list[tuple[int, str]]:
    """Line and text of each command of a page, in its order; what a command prints is no command."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, block.start("body")) + number, command)
        for block in BLOCK.finditer(text)
        for number, command in commands_in(block["body"], bare=block["language"] != "console")
    ]


def commands_in(body: str, *, bare: bool) -> list[tuple[int, str]]:
    """The commands of one block; `bare` takes every line of a block that has no prompt at all."""
    lines = [line.strip() for line in body.splitlines()]
    bare = bare and not any(line.startswith(PROMPT) for line in lines)
    found: list[tuple[int, str]] = []
    continues = False
    for number, line in enumerate(lines, start=1):
        starts = line.startswith(PROMPT) or (bare and line and not line.startswith("#"))
        if continues:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        elif starts:
            found.append((number, line.removeprefix(PROMPT)))
        continues = (continues or bool(starts)) and line.endswith("\\")
    return found


def runs_here(command: str) -> bool:
    return not command.startswith(tuple(CANNOT_RUN))


def ended_well(command: str, ran: subprocess.CompletedProcess[str]) -> bool:
    allowed = {0, FOUND_SOMETHING} if command.startswith("dryfit check") else {0}
    return ran.returncode in allowed and "Traceback" not in ran.stderr


def run(command: str, project: Path, run_dryfit: Command) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader would, without what this test session put into the environment."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))
    }
    # A reader has these plugins, and not all that this suite needs.
    environment |= plugins.only("xdist.plugin", "pytest_cov.plugin", "pytest_asyncio.plugin")
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    if PLAIN.match(command):  # it needs no shell, and not to import everything anew
        program, *arguments = shlex.split(command, comments=True)
        return run_dryfit(arguments, cwd=project, env=environment, timeout=120, module=program)
    return subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
