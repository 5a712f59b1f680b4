import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from orders import Base, LineRow, Orders


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_an_order_is_kept_with_its_lines(engine):
    Orders(engine).place("ann", ["cup", "tea"])
    with Session(engine) as session:
        assert session.scalars(select(LineRow.product)).all() == ["cup", "tea"]
