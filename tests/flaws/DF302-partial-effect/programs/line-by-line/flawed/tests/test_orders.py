import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from orders import Orders
from tables import Base, LineRow, StockRow


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all([StockRow(product="cup", pieces=3), StockRow(product="tea", pieces=1)])
    yield engine
    engine.dispose()


def test_an_order_is_kept_with_its_lines(engine):
    Orders(engine).place("ann", ["cup", "tea"])
    with Session(engine) as session:
        assert session.scalars(select(LineRow.product)).all() == ["cup", "tea"]
        assert dict(session.execute(select(StockRow.product, StockRow.pieces)).all()) == {"cup": 2, "tea": 0}
