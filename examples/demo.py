"""The demonstration: mistakes are put into a copy of the shop, its own tests stay green, and dryfit finds them.

Everything is real: the shop's PostgreSQL, mail server and payment gateway, its tests, and dryfit's run. Exit status 0
where every mistake was found.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

SHOP = Path(__file__).resolve().parent / "shop"
REPORTS = Path(__file__).resolve().parents[1] / ".demo"
COPY = REPORTS / "shop"


def main() -> int:
    """Copy, break, test, check, compare."""
    begun = time.monotonic()
    described = tomllib.loads((SHOP / "flaws" / "flaws.toml").read_text(encoding="utf-8"))
    seen = {name: flaw for name, flaw in described.items() if "check" not in flaw}
    chosen = {name: flaw for name, flaw in described.items() if flaw.get("demo")}
    failing = {name: flaw for name, flaw in chosen.items() if flaw["check"] == "exceptions"}
    racing = {name: flaw for name, flaw in chosen.items() if flaw["check"] == "contention"}
    put_in(seen)
    say("Its own tests see nothing wrong")
    run(sys.executable, "-m", "pytest", "-q")
    say("dryfit check, on the same tests: what do the seams show?")
    found = check("seams.html", "--only", "data,interfaces")
    put_in(failing)
    say("dryfit check, on some of its tests: what becomes of a failure?")
    found += check("failures.html", "--only", "exceptions", *tests_of(failing))
    put_in(racing)
    say("dryfit check, on some of its tests: what if two do it at once?")
    found += check("races.html", "--only", "contention", *tests_of(racing))
    flaws = seen | chosen
    missed = [name for name, flaw in flaws.items() if not any(matches(finding, flaw) for finding in found)]
    say(f"{len(flaws) - len(missed)} of {len(flaws)} mistakes found in {time.monotonic() - begun:.0f} s")
    pages = "\n                  ".join(
        str(REPORTS / f"{page}.html") for page in ("seams", "failures", "races")
    )
    print(f"Open the reports: {pages}")
    for name in missed:
        print(f"not found: {name}")
    return 1 if missed else 0


def tests_of(flaws: dict[str, dict[str, list[str]]]) -> list[str]:
    """The tests that show these mistakes."""
    return sorted({test for flaw in flaws.values() for test in flaw["tests"]})


def put_in(flaws: dict[str, dict[str, str]]) -> None:
    """Put mistakes into a fresh copy of the shop."""
    copy_shop()
    say(f"A copy of the shop, with {len(flaws)} mistakes, each of which a good developer could make")
    for name, flaw in flaws.items():
        run("git", "apply", "--whitespace=nowarn", str(SHOP / "flaws" / f"{name}.patch"))
        print(f"  {name}: {flaw['wrong']}")


def check(page: str, *arguments: str) -> list[dict[str, object]]:
    """Run ``dryfit check`` on the copy, and give its findings."""
    html = ("--html", str(REPORTS / page))
    command = [sys.executable, "-m", "dryfit", "check", "-q", "--json", "findings.json", *html]
    subprocess.run([*command, *arguments], cwd=COPY, check=False)
    findings: list[dict[str, object]] = json.loads((COPY / "findings.json").read_text("utf-8"))["findings"]
    return findings


def copy_shop() -> None:
    """Begin with a fresh copy; nothing but an earlier demonstration is removed."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(SHOP, COPY, ignore=shutil.ignore_patterns(".*", "__pycache__"))


def run(*command: str) -> None:
    """Run in the copy; a failure ends the demonstration with the command's own status."""
    status = subprocess.run(command, cwd=COPY, check=False).returncode
    if status:
        sys.exit(status)


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n== {text}\n", flush=True)


def matches(finding: dict[str, object], flaw: dict[str, str]) -> bool:
    """Whether this finding is the one that the flaw is to be found by."""
    seam = {key: flaw[key] for key in ("caller", "callee", "callable")}
    return finding["rule"] == flaw["rule"] and finding["seam"] == seam


if __name__ == "__main__":
    sys.exit(main())
