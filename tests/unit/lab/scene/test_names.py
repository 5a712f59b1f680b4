"""Databases have the same names in every trial."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.lab.names import Names
from dryfit.model.target import Target

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (Target("sqlite", "shop.db", "/project/data/shop.db"), "sqlite data/shop.db"),
        (Target("sqlite", "shop.db", "/tmp/pytest-7/shop.db"), "sqlite shop.db"),
        (Target("sqlite", "test_1a2b3c4d.db", "/tmp/test_1a2b3c4d.db"), "sqlite test_….db"),
        (Target("sqlite", "tmp41jm_4o1", "/tmp/tmp41jm_4o1"), "sqlite …"),
        (Target("sqlite", "tmpzow48dyu.db", "/tmp/tmpzow48dyu.db"), "sqlite ….db"),
        (Target("sqlite", "tmp_of_the_shop.db", "/tmp/tmp_of_the_shop.db"), "sqlite tmp_of_the_shop.db"),
        (Target("sqlite", ":memory: 7", ":memory: 7", lambda: None), "sqlite :memory:"),
        (Target("postgres", "dryfit_0a1b2c3d_gw1", "x"), "postgres dryfit"),
        (Target("postgres", "test_shop_gw0", "x"), "postgres test_shop_…"),
        (Target("redis", "db 2", "redis://x/2"), "redis db 2"),
    ],
)
def test_names(target, name):
    assert Names(ROOT).name_of(target) == name


def test_those_that_are_called_alike_have_numbers_in_the_order_of_use():
    names = Names(ROOT)
    one, two = (Target("sqlite", "shop.db", f"/tmp/{number}/shop.db") for number in (1, 2))
    assert two not in names
    assert [names.name_of(each) for each in (two, one, two)] == [
        "sqlite shop.db",
        "sqlite shop.db (2)",
        "sqlite shop.db",
    ]
    assert two in names
