"""Findings that people have read in the source of foreign programs, and what they think of them."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foreign_suites.catalogue import Program
from foreign_suites.command import ForeignError

Verdict = Literal["right", "meant", "tests", "wrong"]

VERDICTS: Mapping[Verdict, str] = {
    "right": "a mistake of the program",
    "meant": "the program does so on purpose, or it does no harm",
    "tests": "made by the tests: a stand-in, or an exception of theirs",
    "wrong": "a mistake of dryfit",
}

COLUMNS = ("program", "tests", "trials", "seconds", "everything tried", "errors", *VERDICTS, "warnings")


@dataclass(frozen=True, slots=True)
class Judgements:
    """What is thought of each finding, by program and id; ``tuned`` are programs on which rules were mended."""

    tuned: tuple[str, ...]
    verdicts: Mapping[tuple[str, str], Verdict]

    def counts(self, program: str, findings: Sequence[str]) -> Counter[str]:
        """How many of the findings were judged how. Raises ``ForeignError`` for one that nobody has read."""
        unread = [each for each in findings if (program, each) not in self.verdicts]
        if unread:
            raise ForeignError(
                f"{program}: nobody has judged {', '.join(unread)}: read the code, and add them to judgements.toml"
            )
        return Counter(self.verdicts[program, each] for each in findings)


def read_judgements(path: Path) -> Judgements:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    verdicts = {}
    for entry in document["judgement"]:
        if entry["verdict"] not in VERDICTS:
            raise ForeignError(f"{path}: {entry['verdict']!r} is none of {', '.join(VERDICTS)}")
        verdicts[entry["program"], entry["finding"]] = entry["verdict"]
    return Judgements(tuple(document["tuned"]), verdicts)


@dataclass(frozen=True, slots=True)
class Checked:
    """A program, and dryfit's report on it."""

    program: Program
    check: str
    report: Mapping[str, object]

    @classmethod
    def read(cls, program: Program, check: str, path: Path) -> Checked:
        return cls(program, check, json.loads(path.read_text(encoding="utf-8")))

    def errors(self) -> list[str]:
        return [each["id"] for each in self.report["findings"] if each["severity"] == "error"]

    def row(self, judgements: Judgements | None) -> tuple[str, ...]:
        """One line of the table; without judgements their cells are empty."""
        tests, checks = self.report["tests"], self.report["checks"][self.check]
        errors = self.errors()
        counts = judgements.counts(self.program.name, errors) if judgements else {}
        return (
            f"{self.program.name} {self.program.version}",
            f"{tests['passed']:,}",
            f"{checks['trials']:,}",
            f"{checks['seconds']:.0f}",
            "yes" if checks["exhausted"] else "no",
            str(len(errors)),
            *(str(counts.get(verdict, 0)) if judgements else "" for verdict in VERDICTS),
            str(len(self.report["findings"]) - len(errors)),
        )


def summed(checked: Sequence[Checked], judgements: Judgements) -> str:
    """The share of right errors, in words."""
    counts: Counter[str] = Counter()
    for each in checked:
        counts += judgements.counts(each.program.name, each.errors())
    total = counts.total()
    others = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict != "right")
    return f"{counts['right']} of {total} errors are right ({others})."
