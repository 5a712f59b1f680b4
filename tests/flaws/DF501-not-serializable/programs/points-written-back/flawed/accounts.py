"""Everybody's points."""

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    customer: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[int]


class Accounts:
    def __init__(self, engine):
        self.engine = engine

    def open(self, customer, points=0):
        with Session(self.engine) as session, session.begin():
            session.add(Account(customer=customer, points=points))

    def points(self, customer):
        with Session(self.engine) as session:
            return session.get_one(Account, customer).points

    def add(self, customer, points):
        with Session(self.engine) as session, session.begin():
            account = session.get_one(Account, customer)
            account.points += points
