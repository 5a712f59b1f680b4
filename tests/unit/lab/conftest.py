"""Small projects, and labs on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from dryfit.config import load_config
from dryfit.lab.lab import Lab
from dryfit.model.trial import Experiment, Fault, Trial

LabOn = Callable[..., Lab]

BASKET = {
    "stock.py": """
        left = {"tea": 5}

        def take(product):
            left[product] -= 1
            return left[product]
    """,
    "basket.py": """
        import stock

        def buy(product):
            return stock.take(product)
    """,
}
"""A seam between two components: ``basket → stock.take``."""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Writes a project; common indentation is taken off."""

    def written(files: Mapping[str, str]) -> Path:
        root = tmp_path / "project"
        for name, text in {"pyproject.toml": "", **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return root

    return written


@pytest.fixture
def lab_on(
    write: Callable[[Mapping[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Lab]:
    """Gives a lab on the project with these files, whose workers load no plugin but the named ones."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "DRYFIT_", "COV_"))]:
        if name != "PYTEST_CURRENT_TEST":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *_search_path()]))

    def lab(files: Mapping[str, str], *arguments: str, plugins: Iterable[str] = (), **options: object) -> Lab:
        root = write(files)
        monkeypatch.chdir(root)
        monkeypatch.setenv("PYTEST_PLUGINS", ",".join(["dryfit.pytest_plugin", *plugins]))
        chosen: dict[str, object] = {"instruments": "watching:Watching", **options}
        return Lab(load_config(root), ["-p", "no:randomly", *arguments], **chosen)  # type: ignore[arg-type]

    return lab


def _search_path() -> list[str]:
    return [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]


def everywhere(baseline: Trial) -> Iterable[Experiment]:
    """A fault before each crossing of a test, and one after it."""
    for crossed in baseline.crossings:
        for when in ("before", "after"):
            yield Experiment(baseline.test, crossed.point, when, Fault("plain", "RuntimeError", "injected"))


def in_stock(baseline: Trial) -> Iterable[Experiment]:
    """A fault before the first crossing into ``stock``."""
    for crossed in baseline.crossings:
        if crossed.point.seam.callee == "stock":
            yield Experiment(
                baseline.test, crossed.point, "before", Fault("plain", "RuntimeError", "injected")
            )
            return
