"""A small real project in a folder of its own, and real sessions on it in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
from tests import plugins

TWO_MODULES = {
    "pricing.py": """
        from decimal import Decimal

        def price(product: str) -> Decimal:
            return Decimal("19.90")

        def discount(product: str) -> Decimal:
            return Decimal("0")
    """,
    "basket.py": """
        import pricing

        def total(products: list[str]):
            return sum(pricing.price(product) for product in products)

        def cheaper(product: str):
            return pricing.discount(product)
    """,
    "test_basket.py": """
        from decimal import Decimal
        import basket

        def test_total():
            assert basket.total(["tea", "cup"]) == Decimal("39.80")

        def test_empty():
            assert basket.total([]) == 0
    """,
}


ALL_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "", "PYTEST_PLUGINS": ""}
"""The environment in which pytest loads every plugin that is installed, which takes seconds."""


def _plugins(arguments: tuple[str, ...]) -> dict[str, str]:
    wanted = {"-n": "xdist.plugin", "--workers": "xdist.plugin", "--cov": "pytest_cov.plugin"}
    found = {name for sign, name in wanted.items() for each in arguments if each.partition("=")[0] == sign}
    return plugins.only(*sorted(found))


def _environment(arguments: tuple[str, ...], added: Mapping[str, str]) -> dict[str, str]:
    left_out = ("PYTEST_", "DRYFIT_", "COV_")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    return {**inherited, "COLUMNS": "100", **_plugins(arguments), **added}


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A project's folder. ``run_dryfit`` runs dryfit and pytest, which need not be imported first."""

    root: Path
    run_dryfit: Callable[..., subprocess.CompletedProcess[str]]

    def write(self, files: Mapping[str, str]) -> None:
        """Write files by relative name; common indentation is taken off."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    def python(self, *arguments: str, **environment: str) -> Ended:
        """Run this Python in the project's folder, with no other plugin of pytest than the arguments ask for."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=_environment(arguments, environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def pytest(self, *arguments: str, **environment: str) -> Ended:
        """Run pytest, its tests in the order in which they stand."""
        arguments = ("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)
        if environment:  # Python and pytest's plugins may read it as they are loaded
            return self.python("-m", "pytest", *arguments, **environment)
        return self._forked("pytest", arguments, environment)

    def dryfit(self, *arguments: str, **environment: str) -> Ended:
        """Run dryfit's command line."""
        return self._forked("dryfit", arguments, environment)

    def _forked(self, module: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Ended:
        env = _environment(arguments, environment)
        done = self.run_dryfit(arguments, cwd=self.root, env=env, timeout=120, module=module)
        return Ended(done.returncode, done.stdout, done.stderr)

    def last_run(self) -> dict[str, object]:
        """The last run as its JSON document."""
        told = self.dryfit("report", "--json", "last-run.json")
        assert told.status == 0, told.err
        document: dict[str, object] = json.loads((self.root / "last-run.json").read_text(encoding="utf-8"))
        return document


@pytest.fixture(scope="session")
def project_in(run_dryfit) -> Callable[[Path], Project]:
    """Gives the project in a folder that a test has made."""
    return partial(Project, run_dryfit=run_dryfit)


@pytest.fixture
def empty_project(tmp_path: Path, project_in) -> Project:
    """A project with nothing but an empty configuration."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").touch()
    return project_in(root)


@pytest.fixture
def project(empty_project: Project) -> Project:
    """Two modules with two seams between them, one of which the tests cross."""
    empty_project.write(TWO_MODULES)
    return empty_project


@pytest.fixture
def all_plugins() -> Mapping[str, str]:
    """The environment in which pytest loads whatever is installed."""
    return ALL_PLUGINS


@pytest.fixture
def rules_found() -> Callable[[Mapping[str, object]], set[tuple[str, str]]]:
    """Gives the rules of a JSON document with the callables that they name."""

    def found(document: Mapping[str, object]) -> set[tuple[str, str]]:
        findings = document["findings"]
        assert isinstance(findings, list)
        return {(finding["rule"], finding["seam"]["callable"]) for finding in findings}

    return found
