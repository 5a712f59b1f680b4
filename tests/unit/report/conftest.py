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
from dryfit.model.run import Run

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
def golden() -> Callable[[str, str], None]:
    """Compare a text with its golden file; with ``DRYFIT_GOLDEN=write`` in the environment, write it instead."""

    def compare(name: str, text: str) -> None:
        file = HERE / "golden" / name
        text = text.replace(__version__, "VERSION")
        if os.environ.get("DRYFIT_GOLDEN") == "write":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
