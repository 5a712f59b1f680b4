"""What one run of a suite did, as its recorder wrote it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Recording:
    """What one run of a suite did, as its recorder wrote it. User time in seconds."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    warnings: Counter[str] = field(default_factory=Counter)
    origin: str = ""
    woven: int = 0
    status: int | None = None
    user: float = 0.0

    def counts(self) -> Counter[str]:
        return Counter(verdict(phases) for phases in self.outcomes.values())


def read_recording(path: Path, home: Path) -> Recording:
    """Read a recorder's lines; paths under `home` are written relative, addresses are masked."""
    recording = Recording()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        entry = json.loads(line)
        if "test" in entry:
            phase = " ".join(filter(None, (entry["phase"], entry["outcome"], entry["detail"])))
            recording.outcomes.setdefault(scrub(entry["test"], home), []).append(scrub(phase, home))
            if entry["text"]:
                recording.texts[scrub(entry["test"], home)] = entry["text"]
        elif "warning" in entry:
            place = f"{entry['file']}:{entry['line']}"
            recording.warnings[scrub(f"{entry['warning']}: {entry['text']} [{place}]", home)] += 1
        elif "module" in entry:
            recording.origin, recording.woven = entry["file"] or "", entry["woven"]
        else:
            recording.status = entry["status"]
    return recording


def scrub(text: str, home: Path) -> str:
    """Take out what differs between any two runs: the work directory, addresses, times, temporary names."""
    text = text.replace(f"{home}/", "")
    text = re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x…", text)
    text = re.sub(r"(\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(\.\d+)?", "…", text)
    text = re.sub(r"\bpid=\d+", "pid=…", text)
    return re.sub(r"pytest-of-\w+/pytest-\d+", "pytest-of-…", text)


def verdict(phases: Sequence[str]) -> str:
    """One word for a test, as pytest's last line counts it."""
    words = [tuple(phase.split()[:2]) for phase in phases]
    if ("call", "failed") in words:
        return "failed"
    if any(word[1] == "failed" for word in words):
        return "error"
    for outcome in ("xfailed", "xpassed", "skipped"):
        if any(word[1] == outcome for word in words):
            return outcome
    return "passed"
