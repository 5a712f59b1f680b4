"""Concerts, and how many seats are free."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class SoldOut(Exception):
    """Not as many seats are free."""


class Base(DeclarativeBase):
    pass


class Concert(Base):
    __tablename__ = "concerts"

    name: Mapped[str] = mapped_column(primary_key=True)
    free: Mapped[int]


class Concerts:
    def __init__(self, session):
        self.session = session

    def reserve(self, name, seats):
        """Reserve seats, and return how many are still free. Raises SoldOut."""
        concert = self.session.get_one(Concert, name, with_for_update=True)
        if concert.free < seats:
            raise SoldOut(f"{concert.free} seats are free")
        concert.free -= seats
        self.session.commit()
        return concert.free
