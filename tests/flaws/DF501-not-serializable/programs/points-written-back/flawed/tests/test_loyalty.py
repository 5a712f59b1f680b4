import pytest
from sqlalchemy import create_engine, make_url

from accounts import Account, Accounts
from loyalty import Loyalty


@pytest.fixture
def engine(database):
    engine = create_engine(make_url(database.url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@pytest.fixture
def ann(engine):
    Accounts(engine).open("Ann", points=100)
    return "Ann"


def test_a_purchase_is_worth_points(engine, ann):
    assert Loyalty(engine).reward(ann, 2950) == 29
    assert Accounts(engine).points(ann) == 129
