"""What decides schema and seed, and a hash that changes whenever they may."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.postgres.sources import Sources, files, is_callable, modules_behind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a bit of everything."""
    contents = {
        "db/1.sql": "CREATE TABLE a ()",
        "db/2.sql": "CREATE TABLE b ()",
        "pyproject.toml": "",
        "shop/__init__.py": "",
        "shop/models/__init__.py": "from .orders import Order\nimport os",
        "shop/models/orders.py": "from ..money import Money\nfrom shop import names",
        "shop/money.py": "import sqlalchemy, missing_module",
        "shop/names.py": "",
        "shop/api.py": "from shop.models import Order",
        "alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n",
        "migrations/env.py": "",
        "migrations/versions/1.py": "",
        "shop/migrations/0001.py": "",
        "shop/settings.py": "",
    }
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_module_is_followed_to_the_projects_modules_that_it_imports(root):
    found = {path.relative_to(root).as_posix() for path in modules_behind("shop.models:Base", root)}
    assert found == {
        "shop/__init__.py", "shop/models/__init__.py", "shop/models/orders.py", "shop/money.py", "shop/names.py"
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["def create(:", "a = '\0'"])
def test_a_module_that_cannot_be_parsed_is_followed_no_further(root, wrong):
    (root / "shop" / "money.py").write_text(wrong)
    assert root / "shop" / "money.py" in modules_behind("shop.models:Base", root)


def test_a_module_that_another_threads_parsing_disturbed_is_parsed_again(root, monkeypatch):
    undisturbed, disturbed = list(modules_behind("shop.models:Base.metadata", root)), []

    def parse(source: bytes, parse=ast.parse) -> ast.Module:
        if source not in disturbed:
            disturbed.append(source)
            raise SystemError("AST constructor recursion depth mismatch")
        return parse(source)

    monkeypatch.setattr(ast, "parse", parse)
    assert list(modules_behind("shop.models:Base.metadata", root)) == undisturbed
    assert disturbed


@pytest.mark.parametrize(
    ("options", "deciding", "other"),
    [
        ({"schema": ("db/*.sql",)}, "db/2.sql", "shop/money.py"),
        ({"seed": ("db/1.sql",)}, "db/1.sql", "db/2.sql"),
        ({"schema": ("shop.models:create",)}, "shop/money.py", "shop/api.py"),
        ({"metadata": "shop.models:Base.metadata"}, "shop/models/orders.py", "shop/api.py"),
        ({"alembic": "alembic.ini"}, "migrations/versions/1.py", "shop/money.py"),
        ({"django": "shop.settings"}, "shop/migrations/0001.py", "shop/money.py"),
        ({"schema": ("db/1.sql",), "watch": ("db/2.sql",)}, "db/2.sql", "shop/money.py"),
    ],
)
def test_the_fingerprint_changes_with_what_decides_and_with_nothing_else(root, options, deciding, other):
    sources = Sources(root, **options)
    before = sources.fingerprint()
    (root / other).write_text("# changed")
    assert sources.fingerprint() == before
    (root / deciding).write_text("-- changed" if deciding.endswith("sql") else "# changed")
    assert sources.fingerprint() != before


@pytest.mark.parametrize(
    "options",
    [{"schema": ("db/*.sql", "shop.models:create"), "watch": ("shop/names.py",)}, {"alembic": "alembic.ini"}],
)
def test_another_checkout_of_the_same_has_the_same_fingerprint(root, options, tmp_path_factory):
    other = tmp_path_factory.mktemp("another") / "checkout"
    shutil.copytree(root, other)
    assert Sources(other, **options).fingerprint() == Sources(root, **options).fingerprint()
    (other / "db" / "1.sql").rename(other / "db" / "0.sql")
    (other / "alembic.ini").write_text("[alembic]\nscript_location = shop\n")
    assert Sources(other, **options).fingerprint() != Sources(root, **options).fingerprint()


def test_a_new_file_changes_the_fingerprint(root):
    sources = Sources(root, schema=("db/*.sql",))
    before = sources.fingerprint()
    (root / "db" / "3.sql").write_text("CREATE TABLE c ()")
    assert sources.fingerprint() != before


def test_files_are_sorted_and_one_at_least_is_there(root):
    assert [path.name for path in files("db/*.sql", root)] == ["1.sql", "2.sql"]
    assert files(str(root / "db" / "1.sql"), root) == [root / "db" / "1.sql"]
    with pytest.raises(ResourceError, match=r"nothing\.sql: no such file"):
        files("db/nothing.sql", root)
    with pytest.raises(ResourceError, match=r"absent\.ini: no such file"):
        Sources(root, alembic="absent.ini").fingerprint()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("shop.models:create", True),
        ("shop:Class.method", True),
        ("db/a.sql", False),
        ("C:/a.sql", False),
        ("a", False),
    ],
)
def test_callables_are_told_from_files(entry, expected):
    assert is_callable(entry) is expected
