"""Coupons that are good for the first few customers."""

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class UsedUp(Exception):
    """As many customers as the coupon is for have redeemed it."""


class Base(DeclarativeBase):
    pass


class Coupon(Base):
    __tablename__ = "coupons"

    code: Mapped[str] = mapped_column(primary_key=True)
    customers: Mapped[int]


class Redemption(Base):
    __tablename__ = "redemptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey(Coupon.code))
    customer: Mapped[str]


def redeem(engine, code, customer):
    """Redeem the coupon for a customer, and return for how many it is still good."""
    with Session(engine) as session, session.begin():
        coupon = session.get_one(Coupon, code, with_for_update=True)
        used = session.scalar(select(func.count()).where(Redemption.code == code))
        if used >= coupon.customers:
            raise UsedUp(f"{code} was for the first {coupon.customers} customers")
        session.add(Redemption(code=code, customer=customer))
        return coupon.customers - used - 1
