"""What is not as it was bare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foreign_suites.recording import Recording


@dataclass(frozen=True, slots=True)
class Difference:
    """One test or warning that is not as it was bare."""

    what: str
    bare: str
    dryfit: str
    text: str = ""


def compare(
    first: Recording, second: Recording, changed: Recording
) -> tuple[tuple[str, ...], tuple[Difference, ...]]:
    """What was unsteady between the two bare runs, and what else is different in the changed one."""
    unsteady = {
        test
        for test in first.outcomes | second.outcomes
        if first.outcomes.get(test) != second.outcomes.get(test)
    }
    loose = {
        text for text in first.warnings | second.warnings if first.warnings[text] != second.warnings[text]
    }
    differences = [*different_tests(second, changed, unsteady), *different_warnings(second, changed, loose)]
    return tuple(sorted(unsteady | loose)), tuple(differences or different_end(second, changed))


def different_end(bare: Recording, changed: Recording) -> Iterator[Difference]:
    """The status of a run in which nothing else is different."""
    if bare.status != changed.status:
        yield Difference("exit status of the run", str(bare.status), str(changed.status))


def different_tests(bare: Recording, changed: Recording, unsteady: set[str]) -> Iterator[Difference]:
    for test in sorted((bare.outcomes.keys() | changed.outcomes.keys()) - unsteady):
        was, became = bare.outcomes.get(test, []), changed.outcomes.get(test, [])
        if was != became:
            yield Difference(
                test, "; ".join(was) or "absent", "; ".join(became) or "absent", changed.texts.get(test, "")
            )


def different_warnings(bare: Recording, changed: Recording, loose: set[str]) -> Iterator[Difference]:
    for text in sorted((bare.warnings.keys() | changed.warnings.keys()) - loose):
        if bare.warnings[text] != changed.warnings[text]:
            yield Difference(
                f"warning {text}", f"{bare.warnings[text]} times", f"{changed.warnings[text]} times"
            )
