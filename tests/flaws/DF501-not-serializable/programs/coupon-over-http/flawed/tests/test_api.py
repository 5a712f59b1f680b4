import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, select
from sqlalchemy.orm import Session

import api
from coupons import Coupon, Redemption


@pytest.fixture
def engine(database):
    engine = create_engine(make_url(database.url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine):
    api.app.dependency_overrides[api.engine] = lambda: engine
    yield TestClient(api.app)
    api.app.dependency_overrides.clear()


@pytest.fixture
def coupon(engine):
    with Session(engine) as session, session.begin():
        session.add(Coupon(code="EARLY", customers=1))
    return "EARLY"


def test_the_first_customer_redeems_it(client, engine, coupon):
    reply = client.post(f"/coupons/{coupon}/redemptions", params={"customer": "Ann"})
    assert (reply.status_code, reply.json()) == (201, {"left": 0})
    with Session(engine) as session:
        assert session.scalars(select(Redemption.customer)).all() == ["Ann"]


def test_a_later_customer_is_refused(client, coupon):
    client.post(f"/coupons/{coupon}/redemptions", params={"customer": "Ann"})
    reply = client.post(f"/coupons/{coupon}/redemptions", params={"customer": "Bob"})
    assert reply.status_code == 409
