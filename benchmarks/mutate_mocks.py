"""Make true stand-ins of other people's suites lie, and count for how many of them `pytest --dryfit` reports it.

    python benchmarks/foreign.py --catalogue benchmarks/mocks.toml --work WORK      # first: the suites, watched
    python benchmarks/mutate_mocks.py --work WORK --json results.json [PROGRAM …]   # then: up to sixteen lies for each

A stand-in is chosen where a test writes what it returns (`return_value=…`, `….return_value = …`, or a lambda for
`setattr`) and the real callee was seen in the watched run. What it returns becomes another type, by a fixed table, in a
copy of the tree. A lie that the suite's own test notices is set aside; for the others the test alone runs once more
under `--dryfit`, with what the earlier run knows of the real callee.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from foreign_suites.catalogue import Program, read_catalogue
from foreign_suites.place import CHECKOUT, Place
from foreign_suites.suite import PYTEST_OPTIONS, surroundings

from dryfit.checks.names import tail
from dryfit.checks.stand_ins import Evidence
from dryfit.store import runs
from dryfit.store.reader import load

MOST = 16
LIES = {
    "str": "({}).encode()",
    "dict": "object()",
    "tuple": "({})[:-1]",
    "bool": "'text'",
    "bytes": "({}).decode()",
}


@dataclass(frozen=True, slots=True)
class StandIn:
    """What one test has returned by a stand-in: where that is written, as offsets into the file's bytes."""

    test: str
    file: str
    callable: str
    returns: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one lie: ``noticed`` by the test itself, or reported as ``error`` or ``warning``, or ``silent``."""

    program: str
    stand_in: StandIn
    outcome: str


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    told: list[Told] = []
    for program in read_catalogue(options.catalogue, CHECKOUT / "constraints.txt").select(options.programs):
        place = mutable_copy(program, options.work.resolve())
        told += [Told(program.name, each, lie(program, place, each)) for each in chosen(place.tree)]
        outcomes = Counter(each.outcome for each in told if each.program == program.name)
        print(program.name, dict(outcomes), flush=True)
        if options.json:
            options.json.write_text(json.dumps([asdict(each) for each in told], indent=1), encoding="utf-8")
    return 0


def mutable_copy(program: Program, work: Path) -> Place:
    """A copy of the watched tree, with the runs that dryfit remembers of it."""
    (home,) = (work / f"{program.name}-{program.version}").iterdir()
    (tree,) = (home / "tree").iterdir()
    copy = work / "mutants" / program.name / tree.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree, copy, symlinks=True)
    return Place(copy, home / "venv" / "bin" / "python", home / "records", work / "support")


def chosen(tree: Path) -> list[StandIn]:
    """Up to sixteen stand-ins, of as many callables as there are: one of each, then a second one, and so on."""
    turns: Counter[str] = Counter()
    ordered = []
    for each in dict.fromkeys(candidates(tree)):
        ordered.append((turns[each.callable], each))
        turns[each.callable] += 1
    return [each for _, each in sorted(ordered, key=lambda pair: pair[0])[:MOST]]


def candidates(tree: Path) -> Iterator[StandIn]:
    run = load(runs.latest(tree))
    evidence = Evidence(run.project, run.observations)
    for mocked in evidence.mocked():
        if mocked.real.source != "this run" or mocked.real.kind not in ("function", "coroutine"):
            continue
        truths = {form.type for form in mocked.real.returned.forms} & set(LIES)
        for behaviour in mocked.behaviours:
            if behaviour.outcome == "returned" and behaviour.result_type in truths:
                for test in sorted(evidence.tests.get(behaviour.key, ()))[:1]:
                    yield from written(tree, test, mocked.real.name, behaviour.result_type)


def written(tree: Path, test: str, callable_name: str, returns: str) -> Iterator[StandIn]:
    """The one place at which a test says what the stand-in returns; nothing where there are several, or none."""
    file, _, path = test.partition("::")
    source = (tree / file).read_bytes()
    function = path.partition("[")[0].rpartition("::")[2]
    found = [
        value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
        for inner in ast.walk(node)
        for value in returned(inner, tail(callable_name))
    ]
    if len(found) == 1:
        begin, end = offsets(source, found[0])
        yield StandIn(test.partition("[")[0], file, callable_name, returns, begin, end)


def returned(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a node says that a stand-in of this name returns."""
    match node:
        case ast.Call(args=[*_, ast.Constant(value=str(target)), ast.Lambda(body=body)]) if (
            tail(target) == name
        ):
            yield body
        case ast.Call(args=args, keywords=keywords) if any(names(each, name) for each in args):
            yield from (each.value for each in keywords if each.arg == "return_value")
        case ast.Assign(targets=[ast.Attribute(value=mock, attr="return_value")], value=value):
            if ast.unparse(mock).rpartition(".")[2].removeprefix("mock_").strip("_") == name.strip("_"):
                yield value


def names(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and tail(node.value) == name


def offsets(source: bytes, node: ast.expr) -> tuple[int, int]:
    lines = source.splitlines(keepends=True)
    before = [sum(map(len, lines[: line - 1])) for line in (node.lineno, node.end_lineno or node.lineno)]
    return before[0] + node.col_offset, before[1] + (node.end_col_offset or 0)


def lie(program: Program, place: Place, stand_in: StandIn) -> str:
    """Run the test with the lie in it, and leave the file, and what dryfit remembers, as they were."""
    file = place.tree / stand_in.file
    source = file.read_bytes()
    told = source[stand_in.begin : stand_in.end].decode()
    changed = LIES[stand_in.returns].replace("{}", told).encode()
    memory, kept = place.tree / ".dryfit", place.tree.parent / "memory"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(memory, kept)
    file.write_bytes(source[: stand_in.begin] + changed + source[stand_in.end :])
    try:
        return outcome(program, place, stand_in)
    finally:
        file.write_bytes(source)
        shutil.rmtree(memory)
        kept.rename(memory)


def outcome(program: Program, place: Place, stand_in: StandIn) -> str:
    options = [each for each in program.options if not each.startswith(("--ignore", "--deselect"))]
    options = options[: options.index("-k")] if "-k" in options else options
    status = python(program, place, "-m", "pytest", *PYTEST_OPTIONS, *options, "--dryfit", stand_in.test)
    if status not in (0, 1):
        return f"status {status}"
    report = place.tree.parent / "report.json"
    python(program, place, "-m", "dryfit", "report", "--json", str(report))
    said = json.loads(report.read_text(encoding="utf-8"))
    if said["tests"]["failed"] or not said["tests"]["passed"]:
        return "noticed"
    reported = [
        finding["severity"]
        for finding in said["findings"]
        if finding["rule"] == "DF203"
        and tail(finding["seam"]["callable"]) == tail(stand_in.callable)
        and finding["evidence"]["sub-kind"][0]
        in ("return-type", "tuple-arity", "missing-attribute", "missing-key")
    ]
    return min(reported, default="silent")


def python(program: Program, place: Place, *words: str) -> int:
    environment = surroundings(program, place, place.tree.parent / "record.jsonl")
    environment["PYTHONPATH"] += f":{CHECKOUT / 'src'}"
    command = [str(place.interpreter), *words]
    return subprocess.run(
        command, cwd=place.tree, env=environment, capture_output=True, check=False
    ).returncode


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("programs", nargs="*", help="names from the catalogue; all of them by default")
    parser.add_argument("--catalogue", type=Path, default=Path(__file__).with_name("mocks.toml"))
    parser.add_argument("--work", type=Path, required=True, help="where foreign.py left the watched suites")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each lie and what came of it here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
