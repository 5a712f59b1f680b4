"""What is in stock."""

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from tables import StockRow


class StockUnavailable(Exception):
    """The database does not answer."""


class OutOfStock(Exception):
    """Nothing is left of it."""


def take(session, product):
    one_less = update(StockRow).where(StockRow.product == product, StockRow.pieces > 0)
    try:
        taken = session.execute(one_less.values(pieces=StockRow.pieces - 1)).rowcount
    except SQLAlchemyError as error:
        raise StockUnavailable(f"the stock cannot be read: {error}") from error
    if not taken:
        raise OutOfStock(f"there is no {product} left")
