"""The sample runs, and golden files: ``DRYFIT_GOLDEN=write`` in the environment writes them anew."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis.strategies import SearchStrategy

from dryfit import __version__
from dryfit.model.finding import RULES
from dryfit.model.run import Run
from dryfit.report import junit, sarif

HERE = Path(__file__).parent


def load(name: str) -> ModuleType:
    """A module beside this one; tests are no package, so that it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(f"report_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    return load("sample")


@pytest.fixture(scope="session")
def runs() -> SearchStrategy[Run]:
    """Any run at all."""
    strategy = load("strategies").runs
    assert isinstance(strategy, SearchStrategy)
    return strategy


@pytest.fixture(scope="session")
def shop(sample: ModuleType) -> Run:
    run = sample.shop()
    assert isinstance(run, Run)
    return run


@pytest.fixture(scope="session")
def large(sample: ModuleType) -> Run:
    run = sample.large()
    assert isinstance(run, Run)
    return run


@pytest.fixture
def few_rules(monkeypatch: pytest.MonkeyPatch, shop: Run) -> None:
    """The rules that found something in the shop, and a silent one: golden files outlive new rules and new pages."""
    named = {"DF206", *(finding.rule for finding in shop.findings)}
    few = tuple(rule for rule in RULES if rule.id in named)
    for report in (junit, sarif):
        monkeypatch.setattr(report, "RULES", few)
    monkeypatch.setattr(sarif, "rule_page", "The page of {}.".format)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with its golden file; with ``DRYFIT_GOLDEN=write`` in the environment, write it instead."""

    def compare(name: str, text: str) -> None:
        file = HERE / "golden" / name
        text = text.replace(__version__, "VERSION")
        if os.environ.get("DRYFIT_GOLDEN") == "write":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
