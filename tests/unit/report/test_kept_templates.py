"""The page's templates stay compiled, and nothing that is kept of them changes a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jinja2
import pytest

from dryfit.model.run import Run
from dryfit.report import html, kept_templates


@pytest.fixture(autouse=True)
def _as_in_a_new_process() -> Iterator[None]:
    html.compile_page.cache_clear()
    yield
    html.compile_page.cache_clear()


@pytest.fixture
def expected(shop: Run, sample: ModuleType) -> str:
    return html.page(shop, sample.SOURCES)


@pytest.fixture
def kept(shop: Run, sample: ModuleType, tmp_path: Path, expected: str) -> Path:
    """A folder in which another run has kept the templates."""
    assert html.page(shop, sample.SOURCES, tmp_path) == expected
    html.compile_page.cache_clear()
    return tmp_path


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The names of the templates that are compiled from now on."""
    names: list[str | None] = []

    class Counting(jinja2.Environment):
        def _parse(self, source: str, name: str | None, filename: str | None) -> jinja2.nodes.Template:
            names.append(name)
            return super()._parse(source, name, filename)

    monkeypatch.setattr(jinja2, "Environment", Counting)
    return names


def test_what_another_run_has_compiled_is_not_compiled_again(
    kept: Path, compiled: list[str | None], shop: Run, sample: ModuleType, expected: str
) -> None:
    assert html.page(shop, sample.SOURCES, kept) == expected
    assert compiled == []


def test_nothing_is_kept_where_there_is_no_folder_for_it(
    compiled: list[str | None], shop: Run, sample: ModuleType, expected: str
) -> None:
    compiled.clear()
    html.compile_page.cache_clear()
    assert html.page(shop, sample.SOURCES) == expected
    assert "report.html.jinja" in compiled


@pytest.mark.parametrize("other", ["dryfit", "jinja2"])
def test_what_another_version_has_compiled_is_compiled_anew(
    kept: Path,
    compiled: list[str | None],
    shop: Run,
    sample: ModuleType,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    other: str,
) -> None:
    monkeypatch.setattr(kept_templates if other == "dryfit" else jinja2, "__version__", "0.0.other")
    assert html.page(shop, sample.SOURCES, kept) == expected
    assert "report.html.jinja" in compiled


@pytest.mark.parametrize("content", [b"", b"nothing of ours", "half"])
def test_what_cannot_be_read_is_compiled_and_kept_anew(
    kept: Path, compiled: list[str | None], shop: Run, sample: ModuleType, expected: str, content: bytes | str
) -> None:
    files = {file: file.read_bytes() for file in kept.iterdir()}
    for file, whole in files.items():
        file.write_bytes(content if isinstance(content, bytes) else whole[: len(whole) // 2])
    assert html.page(shop, sample.SOURCES, kept) == expected
    assert "report.html.jinja" in compiled
    assert {file: file.read_bytes() for file in kept.iterdir()} == files


def test_a_page_is_written_where_nothing_can_be_kept(
    tmp_path: Path, shop: Run, sample: ModuleType, expected: str
) -> None:
    html.compile_page.cache_clear()
    assert html.page(shop, sample.SOURCES, tmp_path / "is not there") == expected
