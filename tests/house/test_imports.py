"""The house pays for what it uses: what an import loads, and what the lowest floor may ask for."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dryfit

PACKAGE = Path(dryfit.__file__).parent

# What `pytest` without --dryfit pays beyond itself. Every other room, and every dependency, waits for the flag.
# A line more here is time that each of a project's pytest runs loses: import inside the hook that needs it.
PLUGIN_MAY_LOAD = {
    "dryfit",
    "dryfit.pytest_plugin",
}

# What newer Pythons than this one may have brought is the standard library's all the same.
_STANDARD = sys.stdlib_module_names | {"annotationlib"}


def test_the_plugin_loads_nothing_but_itself() -> None:
    assert loaded_by("import pytest, dryfit.pytest_plugin") - loaded_by("import pytest") == PLUGIN_MAY_LOAD


def test_the_package_loads_nothing_but_itself() -> None:
    assert loaded_by("import dryfit") - loaded_by("pass") == {"dryfit"}


def test_watching_loads_nothing_that_only_few_projects_ask_for() -> None:
    loaded = loaded_by("import dryfit.session")
    assert loaded.isdisjoint(
        {"dryfit.probes.replay", "dryfit.resources.kind", "dryfit.lab.worker", "markdown_it"}
    )


def test_trials_need_no_driver_that_the_project_does_not_use() -> None:
    drivers = ("asyncpg", "httpx", "psycopg", "psycopg2", "redis", "sqlalchemy")
    without = f"import sys; sys.modules.update(dict.fromkeys({drivers}))"
    assert "dryfit.lab.worker" in loaded_by(f"{without}; import dryfit.trials, dryfit.lab.worker")


def test_the_model_imports_the_standard_library_only() -> None:
    foreign = {
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in (PACKAGE / "model").rglob("*.py")
        for name in imported_by(file)
        if name.partition(".")[0] not in _STANDARD and not is_within(name, "dryfit.model")
    }
    assert foreign == set()


def loaded_by(statement: str) -> set[str]:
    """The modules in a fresh interpreter after a statement."""
    program = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def imported_by(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "a relative import"


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
