"""Whole sessions of Django's tests that empty the database after each test, on which Django makes its own rows anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent

import pytest
from tests import plugins

FILES = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "shop/__init__.py": "",
    "shop/models.py": """
        from django.db import models

        class Order(models.Model):
            total = models.DecimalField(max_digits=9, decimal_places=2)
    """,
    "conftest.py": """
        import django
        import pytest
        from django.conf import settings
        from django.test.utils import setup_databases, setup_test_environment, teardown_databases

        settings.configure(
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "shop"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        )
        django.setup()

        @pytest.fixture(scope="session", autouse=True)
        def database():
            setup_test_environment()
            made = setup_databases(verbosity=0, interactive=False)
            yield
            teardown_databases(made, verbosity=0)
    """,
    "test_orders.py": """
        from django.contrib.auth.models import Permission
        from django.test import TransactionTestCase

        class OrdersTest(TransactionTestCase):
            def place(self):
                from shop.models import Order

                assert Order.objects.count() == 0
                assert Permission.objects.filter(codename="add_order").exists()
                Order.objects.create(total="199.99")

            test_the_first = test_the_second = test_the_third = place
    """,
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(dedent(text))
    return tmp_path


def test_rows_that_django_makes_anew_are_none(program, run_dryfit):
    arguments = ["check", "--only", "data", "--json", "found.json"]
    done = run_dryfit(arguments, cwd=program, env=os.environ | plugins.only(), timeout=120)
    report = json.loads((program / "found.json").read_text())
    assert report["tests"]["passed"] == 3, done.stdout + done.stderr
    assert [found["message"] for found in report["findings"]] == []
