"""How fast the static view is made: a generated project of 500 and of 5,000 modules, and peers on the same files.

Run ``python benchmarks/discover.py [MODULES …]``. grimp (imports only) and astroid (parsing, then inferring every call)
are measured in the same run where they are installed; astroid on a sample, scaled up.
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
    helpers = list(dict.fromkeys(helpers))
    names = [f"Service{other}" for _, other in helpers]
    own = f"Service{index}"
    unique = [
        (p, name) for p, name in zip(helpers, names, strict=True) if names.count(name) == 1 and name != own
    ]
    head = HEAD.format(
        index=index,
        component=f"part{component:02}",
        imports="\n".join(f"from shop.part{c:02}.module{m:03} import {name}" for (c, m), name in unique),
        helpers=", ".join(name for _, name in unique) or "nobody",
        parameters="".join(f", helper_{n}: {name} | None = None" for n, (_, name) in enumerate(unique)),
        fields="\n".join(
            f"        self._helper_{n} = helper_{n} or {name}()" for n, (_, name) in enumerate(unique)
        ),
    )
    calls = [f"self._helper_{n}.step_{n}(account, [])" for n in range(len(unique))] or [
        "logger.debug(account)"
    ]
    methods = (METHOD.format(index=index, number=n, call=calls[n % len(calls)]) for n in range(3))
    return head + "".join(methods)


def measure(modules: int) -> tuple[int, float, float]:
    """Generate, survey, print; returns lines and the seconds of the quick and of the whole look."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = generate(folder, modules)
        started = time.perf_counter()
        find_components(folder)
        quick = time.perf_counter() - started
        started = time.perf_counter()
        project = survey(folder)
        whole = time.perf_counter() - started
        print(
            f"{modules:6} modules, {lines:7} lines: find_components {quick * 1000:6.1f} ms, survey {whole:6.2f} s,"
        )
        print(
            f"{'':6} {whole / modules * 1000:.2f} ms a module; {len(project.interfaces)} interfaces,", end=" "
        )
        print(
            f"{len(project.call_sites)} call sites, {len(project.unresolved)} unresolved, {len(project.imports)} imports"
        )
        for peer, seconds in peers(folder, modules):
            print(f"{'':6} {peer}: {seconds:.2f} s ({seconds / whole:.2f} × the survey)")
    return lines, quick, whole


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
    """Seconds that ``code`` needs in a fresh interpreter, its start included."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Print one block a size, then the growth from the smallest to the largest and the memory used."""
    sizes = [int(argument) for argument in sys.argv[1:]] or [500, 5000]
    results = {size: measure(size) for size in sizes}
    first, last = results[sizes[0]], results[sizes[-1]]
    growth = (last[2] / sizes[-1]) / (first[2] / sizes[0])
    print(f"time per module grows {growth:.2f} × from {sizes[0]} to {sizes[-1]} modules")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {peak:.0f} MB, largest child process {workers:.0f} MB")


if __name__ == "__main__":
    main()
