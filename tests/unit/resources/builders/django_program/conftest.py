"""Django on SQLite in memory; every test in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from dryfit.resources.builders.maker import Maker, maker_for  # noqa: E402


@pytest.fixture(scope="session")
def tables() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)


@pytest.fixture
def make(tables: None) -> Iterator[Maker]:
    with transaction.atomic():
        yield maker_for("test", Path(__file__).parent)
        transaction.set_rollback(True)
