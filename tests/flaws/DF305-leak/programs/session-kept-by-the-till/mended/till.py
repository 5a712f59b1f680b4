"""The till, and its receipts."""

from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import prices

METADATA = MetaData()
RECEIPTS = Table("receipts", METADATA, Column("id", Integer, primary_key=True), Column("total", Integer))


class TillBlocked(Exception):
    """The receipt cannot be written."""


class Till:
    def __init__(self, engine):
        self.engine = engine

    def sell(self, goods):
        """Write a receipt, and return how much is in the till."""
        try:
            with Session(self.engine) as session, session.begin():
                session.execute(insert(RECEIPTS).values(total=prices.total(goods)))
                return session.scalar(select(func.sum(RECEIPTS.c.total)))
        except SQLAlchemyError as error:
            raise TillBlocked(f"the receipt cannot be written: {error}") from error
