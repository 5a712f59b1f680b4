"""Rows of tables as a PostgreSQL's catalogue tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.catalogue import Catalogue
from dryfit.resources.builders.maker import Maker

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN zip AS text CHECK (VALUE ~ '^\\d{5}$');
CREATE TABLE tenants (id serial PRIMARY KEY, name text NOT NULL UNIQUE, slug varchar(12) NOT NULL);
CREATE TABLE customers (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id int NOT NULL REFERENCES tenants,
    email text UNIQUE NOT NULL CHECK (email = lower(email)),
    city text NOT NULL,
    mood mood NOT NULL,
    zip zip NOT NULL,
    phone text
);
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id int NOT NULL REFERENCES tenants,
    customer_id int NOT NULL REFERENCES customers,
    total numeric(8,2) NOT NULL CHECK (total > 0 AND total < 1000),
    status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'paid')),
    starts date NOT NULL,
    ends date NOT NULL,
    paid_at timestamptz,
    CONSTRAINT in_order CHECK (starts < ends),
    CONSTRAINT paid_has_time CHECK (status <> 'paid' OR paid_at IS NOT NULL)
);
CREATE TABLE lines (
    id bigserial PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    quantity int NOT NULL CHECK (quantity BETWEEN 1 AND 5),
    position int NOT NULL,
    a int NOT NULL,
    b int NOT NULL,
    twice int GENERATED ALWAYS AS (quantity * 2) STORED,
    UNIQUE (order_id, position),
    CHECK (a + b <= 60)
);
CREATE TABLE transfers (
    id serial PRIMARY KEY,
    payer_id int NOT NULL REFERENCES customers,
    payee_id int NOT NULL REFERENCES customers,
    CHECK (payer_id <> payee_id)
);
CREATE TABLE others (
    tags text[] NOT NULL, document jsonb NOT NULL, address inet NOT NULL, net cidr NOT NULL, mac macaddr NOT NULL,
    bits bit(5) NOT NULL, code char(3) NOT NULL, price numeric NOT NULL, ratio double precision NOT NULL,
    at time NOT NULL, span interval NOT NULL, raw bytea NOT NULL, fine boolean NOT NULL, small smallint NOT NULL
);
CREATE TABLE odd (id serial PRIMARY KEY, n int NOT NULL, CONSTRAINT never CHECK (n * 0 = 1));
CREATE TABLE spots (id serial PRIMARY KEY, place point NOT NULL);
CREATE TABLE eggs (id serial PRIMARY KEY, hen_id int NOT NULL);
CREATE TABLE hens (id serial PRIMARY KEY, egg_id int NOT NULL REFERENCES eggs);
ALTER TABLE eggs ADD FOREIGN KEY (hen_id) REFERENCES hens;
CREATE TABLE nodes (code text PRIMARY KEY, parent text NOT NULL REFERENCES nodes);
CREATE TABLE profiles (customer_id int PRIMARY KEY REFERENCES customers);
CREATE TABLE pairs (one int NOT NULL REFERENCES profiles, two int NOT NULL UNIQUE REFERENCES customers);
"""
ROOT = Path(__file__).parent / "none of these classes"

Connection = psycopg.Connection[dict[str, object]]


@pytest.fixture(scope="module")
def schema(module_database: str) -> str:
    with psycopg.connect(module_database) as connection:
        connection.execute(SCHEMA.encode())
    return module_database


@pytest.fixture
def connection(schema: str) -> Iterator[Connection]:
    with psycopg.connect(schema, row_factory=dict_row) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def make(connection: Connection, catalogue: Catalogue) -> Maker:
    return Maker("tests/test_x.py::test_y", root=ROOT, connection=connection, catalogue=catalogue)


def rows(connection: Connection, table: str) -> list[dict[str, object]]:
    return connection.execute(f"SELECT * FROM {table} ORDER BY 1".encode()).fetchall()


def test_parents_are_made_and_a_common_ancestor_is_shared(make: Maker, connection: Connection) -> None:
    order = make("orders", lines=3)
    assert len(rows(connection, "tenants")) == 1
    (customer,) = rows(connection, "customers")
    assert (order.customer_id, order.tenant_id) == (customer["id"], customer["tenant_id"])
    assert {line["order_id"] for line in rows(connection, "lines")} == {order.id}


def test_a_given_row_brings_its_ancestors(make: Maker, connection: Connection) -> None:
    customer = make("customers")
    order = make("orders", customer=customer)
    assert (order.customer_id, order.tenant_id) == (customer.id, customer["tenant_id"])
    make("lines", order=order)
    make("lines", order_id=order.id)
    assert [len(rows(connection, name)) for name in ("tenants", "customers", "orders", "lines")] == [
        1,
        1,
        1,
        2,
    ]


def test_children_take_values_each(make: Maker, connection: Connection) -> None:
    make("orders", lines=[{"quantity": 2}, {"quantity": 4}], customer={"city": "Ghent"})
    assert [line["quantity"] for line in rows(connection, "lines")] == [2, 4]
    assert [customer["city"] for customer in rows(connection, "customers")] == ["Ghent"]


def test_two_references_of_one_row_lead_to_two_rows_with_one_ancestor(
    make: Maker, connection: Connection
) -> None:
    transfer = make("transfers")
    assert transfer.payer_id != transfer.payee_id
    assert len(rows(connection, "tenants")) == 1


def test_what_is_unique_is_not_shared(make: Maker, connection: Connection) -> None:
    first = make("pairs")
    second = make("pairs", one=first.one)
    assert first.two != second.two


def test_an_alternative_of_a_check_follows_what_is_given(make: Maker) -> None:
    assert make("orders").paid_at is None
    assert make("orders", status="paid").paid_at is not None


def test_every_type_has_values(make: Maker) -> None:
    made = make("others")
    assert None not in made.values()


def test_a_row_that_needs_its_own_kind_is_its_own_parent(make: Maker) -> None:
    node = make("nodes")
    assert node.parent == node.code


def test_the_same_seed_gives_the_same_rows(make: Maker, connection: Connection) -> None:
    def seen(make: Maker) -> list[object]:
        for table in ("tenants", "customers", "lines"):
            connection.execute(f"ALTER SEQUENCE {table}_id_seq RESTART".encode())
        found = [dict(make("orders", lines=2)), rows(connection, "lines"), rows(connection, "customers")]
        connection.rollback()
        return found

    again = Maker("tests/test_x.py::test_y", root=ROOT, connection=connection)
    assert seen(make) == seen(again)


def test_other_seeds_do_not_collide(connection: Connection, catalogue: Catalogue) -> None:
    for number in range(20):
        Maker(f"test_{number}", root=ROOT, connection=connection, catalogue=catalogue)("orders", lines=2)
    assert len(rows(connection, "lines")) == 40


def test_a_lent_connection_is_neither_committed_nor_rolled_back(
    make: Maker, connection: Connection, schema: str
) -> None:
    connection.execute("INSERT INTO tenants (name, slug) VALUES ('mine', 'mine')")
    make("orders")
    with psycopg.connect(schema) as other:
        assert other.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    assert "mine" in {row["name"] for row in rows(connection, "tenants")}


def test_what_goes_by_a_url_is_seen_by_others(database: str) -> None:
    with psycopg.connect(database, row_factory=dict_row) as connection:
        connection.execute(SCHEMA.encode())
        connection.commit()
        Maker("test", root=ROOT, connection=database)("orders", lines=1)
        assert len(rows(connection, "lines")) == 1


def test_an_impossible_check_is_named_with_what_was_tried(make: Maker) -> None:
    with pytest.raises(ResourceError) as raised:
        make("odd")
    text = str(raised.value)
    assert "its check constraint never" in text
    assert "n * 0" in text
    assert "tried: n=" in text
    assert "make('odd', n=…)" in text


def test_a_given_value_that_a_check_forbids_is_named(make: Maker, connection: Connection) -> None:
    with pytest.raises(ResourceError, match="orders_total_check"):
        make("orders", total=-3)
    assert rows(connection, "orders") == []


def test_an_unknown_type_asks_for_a_value(make: Maker) -> None:
    with pytest.raises(ResourceError, match=r"spots\.place is of a type for which no value is known"):
        make("spots")
    assert make("spots", place="(1,2)").id


def test_a_circle_of_required_references_is_told(make: Maker) -> None:
    with pytest.raises(ResourceError, match=r"each row needs another one first \(hens → eggs → hens\)"):
        make("hens")


@pytest.mark.parametrize(
    ("what", "given", "said"),
    [
        ("ordres", {}, "nothing is called 'ordres'; the nearest are orders"),
        ("orders", {"totl": 3}, "orders has no 'totl'; did you mean 'total'?"),
        ("orders", {"lines": "three"}, "takes how many to make, or a list of dicts"),
    ],
)
def test_a_slip_is_answered_with_the_nearest(
    make: Maker, what: str, given: dict[str, object], said: str
) -> None:
    with pytest.raises(ResourceError) as raised:
        make(what, **given)
    assert said in str(raised.value)


def test_a_table_that_is_new_is_found(make: Maker, connection: Connection) -> None:
    make("tenants")
    connection.execute("CREATE TABLE later (id serial PRIMARY KEY, city text NOT NULL)")
    assert make("later").city
