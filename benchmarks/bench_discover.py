"""How fast the static view is made: a generated project of 500 and of 5,000 modules, and peers on the same files.

Run ``python benchmarks/bench_discover.py [MODULES …]``. grimp (imports only) and astroid (parsing, then inferring every
call) are measured in the same run where they are installed; astroid on a sample, scaled up.
"""

from __future__ import annotations

import importlib.util
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dryfit.discover import find_components, survey

COMPONENTS = 40
ASTROID_SAMPLE = 100

HEAD = '''"""Part {index} of {component}: accounts, their lines and what becomes of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from decimal import Decimal

{imports}

logger = logging.getLogger(__name__)
LIMIT_{index} = Decimal("1000.00")


@dataclass
class Line{index}:
    """One line of an account."""

    product: str
    quantity: int
    price: Decimal
    notes: list[str] = field(default_factory=list)

    def total(self) -> Decimal:
        """Quantity times price."""
        return self.price * self.quantity


class Service{index}:
    """Keeps accounts, with the help of {helpers}."""

    def __init__(self, limit: Decimal = LIMIT_{index}{parameters}) -> None:
        self._limit = limit
        self._lines: dict[str, list[Line{index}]] = {{}}
{fields}
'''

METHOD = '''
    def step_{number}(self, account: str, lines: list[Line{index}], *, strict: bool = False) -> Decimal:
        """Add lines to an account, and tell the others."""
        total = Decimal(0)
        for line in lines:
            if line.quantity <= 0 and strict:
                raise ValueError(f"{{account}}: nothing of {{line.product}}")
            total += line.total()
        if total > self._limit:
            logger.warning("account %s is over its limit by %s", account, total - self._limit)
        known = self._lines.setdefault(account, [])
        known.extend(lines)
        {call}
        return self._settle_{number}(account, total)

    def _settle_{number}(self, account: str, total: Decimal) -> Decimal:
        rest = total % Decimal("0.05")
        names = [line.product.strip().lower() for line in self._lines.get(account, ()) if line.notes]
        if rest and names:
            logger.info("rounding %s of %s", rest, ", ".join(sorted(names)))
        return total - rest
'''


def generate(folder: Path, modules: int, seed: int = 7) -> int:
    """Write a project of ``modules`` modules in one package; returns its lines."""
    random_ = random.Random(seed)
    package = folder / "shop"
    each = modules // COMPONENTS
    lines = 0
    for component in range(COMPONENTS):
        inside = package / f"part{component:02}"
        inside.mkdir(parents=True)
        (inside / "__init__.py").write_text("")
        for index in range(each - 1):
            text = module_text(random_, component, index, each - 1)
            (inside / f"module{index:03}.py").write_text(text)
            lines += text.count("\n")
    (package / "__init__.py").write_text("")
    return lines


def module_text(random_: random.Random, component: int, index: int, width: int) -> str:
    """One module of about 100 lines that imports up to three others, from lower components."""
    helpers = (
        [(random_.randrange(component), random_.randrange(width)) for _ in range(3)] if component else []
    )
    helpers = sorted(set(helpers))
    names = [f"Service{c:02}{m:03}" for c, m in helpers]
    own = f"{component:02}{index:03}"
    head = HEAD.format(
        index=own,
        component=f"part{component:02}",
        imports="\n".join(
            f"from shop.part{c:02}.module{m:03} import {name}"
            for (c, m), name in zip(helpers, names, strict=True)
        ),
        helpers=", ".join(names) or "nobody",
        parameters="".join(f", helper_{n}: {name} | None = None" for n, name in enumerate(names)),
        fields="\n".join(
            f"        self._helper_{n} = helper_{n} or {name}()" for n, name in enumerate(names)
        ),
    )
    calls = [f"self._helper_{n}.step_{n}(account, [])" for n in range(len(names))] or [
        "logger.debug(account)"
    ]
    methods = (METHOD.format(index=own, number=n, call=calls[n % len(calls)]) for n in range(3))
    return head + "".join(methods)


def measure(modules: int) -> tuple[float, float]:
    """Generate, survey, print; returns the seconds that the survey took, and those that processors worked for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = generate(folder, modules)
        started = time.perf_counter()
        find_components(folder)
        quick = time.perf_counter() - started
        started, worked = time.perf_counter(), processor_time()
        project = survey(folder)
        whole, worked = time.perf_counter() - started, processor_time() - worked
        print(f"{modules} modules, {lines} lines")
        print(f"    {len(project.interfaces)} interfaces, {len(project.imports)} imports between components")
        print(f"    {len(project.call_sites)} call sites, {len(project.unresolved)} unresolved")
        print(f"    find_components {quick * 1000:.0f} ms")
        print(
            f"    survey {whole:.2f} s, {whole / modules * 1000:.2f} ms a module; processor time {worked:.2f} s"
        )
        for peer, seconds in peers(folder, modules):
            print(f"    {peer}: processor time {seconds:.2f} s, {seconds / worked:.2f} × the survey's")
    return whole, worked


def processor_time() -> float:
    """Seconds that this process and its finished children worked: what other load on the machine hardly changes."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peers(folder: Path, modules: int) -> Iterator[tuple[str, float]]:
    """Seconds that other tools need for their part on the same files, each in a process of its own."""
    if importlib.util.find_spec("grimp"):
        code = "import grimp; grimp.build_graph('shop', cache_dir=None)"
        yield "grimp (imports only)", timed(code, folder)
    if importlib.util.find_spec("astroid"):
        for what, infer in (("parse", False), ("parse and infer every call", True)):
            seconds = timed(ASTROID.format(sample=ASTROID_SAMPLE, infer=infer), folder)
            yield f"astroid ({what}, {ASTROID_SAMPLE} modules scaled up)", seconds * modules / ASTROID_SAMPLE


ASTROID = """
import astroid, glob
for file in sorted(glob.glob("shop/part[23]*/module*.py"))[:{sample}]:
    tree = astroid.MANAGER.ast_from_file(file)
    for call in tree.nodes_of_class(astroid.nodes.Call) if {infer} else ():
        try:
            list(call.func.infer())
        except astroid.InferenceError:
            pass
"""


def timed(code: str, folder: Path) -> float:
    """Processor time that ``code`` needs in a fresh interpreter, its start included."""
    worked = processor_time()
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    return processor_time() - worked


def main() -> None:
    """Print one block a size, then the growth from the smallest to the largest and the memory used."""
    sizes = [int(argument) for argument in sys.argv[1:]] or [500, 5000]
    results = {size: measure(size) for size in sizes}
    first, last = results[sizes[0]], results[sizes[-1]]
    for what, before, after in zip(("time", "processor time"), first, last, strict=True):
        growth = (after / sizes[-1]) / (before / sizes[0])
        print(f"{what} a module from {sizes[0]} to {sizes[-1]} modules: {growth:.2f} ×")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB, largest child process {workers:.0f} MB")


if __name__ == "__main__":
    main()
