import pytest
from sqlalchemy import create_engine, select

from till import METADATA, RECEIPTS, Till


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'till.db'}")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def till(engine):
    return Till(engine)


def test_a_sale_leaves_a_receipt(engine, till):
    assert till.sell(["tea", "cup"]) == 820
    with engine.connect() as connection:
        assert connection.scalars(select(RECEIPTS.c.total)).all() == [820]
