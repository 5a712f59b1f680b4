"""What a statement does is told by its first word."""

import pytest

from dryfit.probes.faults.statements import deed_of, table_of, text_of


@pytest.mark.parametrize(
    ("statement", "deed"),
    [
        ("select 1", "read"),
        (" -- why\n/* and\nhow */ (SELECT 1)", "read"),
        ("Insert into t values (1)", "insert"),
        ("UPDATE t SET x = 1", "write"),
        ("with a as (select 1) insert into t select * from a", "write"),
        ("BEGIN; ", "begin"),
        ("SAVEPOINT a", "begin"),
        ("COMMIT;", "commit"),
        ("END", "commit"),
        ("ROLLBACK TO SAVEPOINT a", "rollback"),
        ("", "write"),
        ("42", "write"),
    ],
)
def test_deeds(statement, deed):
    assert deed_of(statement) == deed


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("INSERT INTO t VALUES (1)", "t"),
        ('insert into "My Shop"."Or ders" (a) values (1)', '"My Shop"."Or ders"'),
        ("INSERT OR REPLACE INTO shop.orders(a) VALUES (1)", "shop.orders"),
        ("SELECT 1", ""),
    ],
)
def test_tables(statement, table):
    assert table_of(statement) == table


def test_texts():
    class Composed:
        def as_string(self, context):
            return "SELECT 2"

    class Unwilling:
        def as_string(self, context):
            raise ValueError(context)

    assert text_of((object(), ("SELECT 1", ()))) == "SELECT 1"
    assert text_of((b"SELECT 1",)) == "SELECT 1"
    assert text_of((Composed(),)) == "SELECT 2"
    assert text_of((Unwilling(),)) == text_of(()) == ""
