import psycopg

from billing import Billing


def invoices(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT number, customer, cents FROM invoices ORDER BY number").fetchall()


def test_the_first_invoice(database):
    assert Billing(database.url).bill("Ann", 1000) == "R-00001"
    assert invoices(database.url) == [(1, "Ann", 1190)]


def test_invoices_are_numbered_one_after_the_other(database):
    billing = Billing(database.url)
    assert [billing.bill("Ann", 1000), billing.bill("Bob", 200)] == ["R-00001", "R-00002"]
    assert invoices(database.url) == [(1, "Ann", 1190), (2, "Bob", 238)]
