"""Objects of mapped classes, through sessions: SQLite's, PostgreSQL's, and asynchronous ones."""

from __future__ import annotations

import enum
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
    relationship,
)

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.maker import AsyncMaker, Maker, maker_for

ROOT = Path(__file__).parent


class Base(DeclarativeBase):
    pass


class Kind(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Shop(Base):
    __tablename__ = "shops"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), unique=True)


class Buyer(Base):
    __tablename__ = "buyers"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped[Shop] = relationship()
    email: Mapped[str] = mapped_column(String(60), unique=True)
    note: Mapped[str | None]
    purchases: Mapped[list[Purchase]] = relationship(back_populates="buyer")
    profile: Mapped[Profile | None] = relationship(back_populates="buyer")


class Profile(Base):
    __tablename__ = "profiles"
    buyer_id: Mapped[int] = mapped_column(ForeignKey("buyers.id"), primary_key=True)
    buyer: Mapped[Buyer] = relationship(back_populates="profile")
    bio: Mapped[str]


tagged = Table(
    "tagged",
    Base.metadata,
    Column("purchase_id", ForeignKey("purchases.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column("tag_label", unique=True)


class Purchase(Base):
    __tablename__ = "purchases"
    __table_args__ = (CheckConstraint("total > 0", name="has_total"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    shop: Mapped[Shop] = relationship()
    buyer_id: Mapped[int] = mapped_column(ForeignKey("buyers.id"))
    buyer: Mapped[Buyer] = relationship(back_populates="purchases")
    kind: Mapped[Kind] = mapped_column(Enum(Kind))
    total: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    items: Mapped[list[Item]] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=tagged)


class Item(Base):
    __tablename__ = "items"
    __table_args__ = (UniqueConstraint("purchase_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("purchases.id"))
    position: Mapped[int]


class Remark(Base):
    """Points to a buyer without any relationship."""

    __tablename__ = "remarks"
    id: Mapped[int] = mapped_column(primary_key=True)
    buyer_id: Mapped[int] = mapped_column(ForeignKey("buyers.id"))
    text: Mapped[str]


class Room(Base):
    __tablename__ = "rooms"
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


class Booking(Base):
    """Its two keys share the column ``shop_id``."""

    __tablename__ = "bookings"
    __table_args__ = (ForeignKeyConstraint(["shop_id", "number"], ["rooms.shop_id", "rooms.number"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    number: Mapped[int]


class Animal(Base):
    __tablename__ = "animals"
    id: Mapped[int] = mapped_column(primary_key=True)
    sort: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "sort", "polymorphic_identity": "animal"}  # noqa: RUF012


class Dog(Animal):
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    breed: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Gauge(MappedAsDataclass, Base):
    __tablename__ = "gauges"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    level: Mapped[int]
    unit: Mapped[str] = mapped_column(default="cm")


class Guarded(Base):
    """Its table has constraints of which the class says nothing."""

    __tablename__ = "guarded"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    mood: Mapped[str]

    def __init__(self, *, licence: str) -> None:
        raise AssertionError("not what a test wants to call")


SECRET_RULES = (
    "CREATE TABLE guarded (id INTEGER PRIMARY KEY, size INTEGER NOT NULL CONSTRAINT big CHECK (size > 90000), "
    "mood VARCHAR NOT NULL CONSTRAINT moody CHECK (mood IN ('glad', 'sad')))"
)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        session.execute(text(SECRET_RULES))
        Base.metadata.create_all(session.connection())
        session.commit()
        yield session
    engine.dispose()


@pytest.fixture
def make(session: Session) -> Maker:
    return maker_for("test", ROOT, session=session)


def count(session: Session, kind: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(kind)) or 0


def test_an_object_with_parents_and_children(make: Maker, session: Session) -> None:
    purchase = make(Purchase, items=3, tags=2)
    assert purchase.buyer.shop is purchase.shop
    assert purchase in purchase.buyer.purchases
    assert {item.purchase_id for item in purchase.items} == {purchase.id}
    assert len({tag.label for tag in purchase.tags}) == 2
    assert isinstance(purchase.kind, Kind)
    assert purchase.total > 0
    assert purchase.buyer.email.endswith("@example.com")
    assert purchase.buyer.note is None
    assert (count(session, Shop), count(session, Item)) == (1, 3)


def test_a_name_finds_the_class(make: Maker) -> None:
    assert isinstance(make("Purchase"), Purchase)
    assert isinstance(make("test_mapped.Purchase"), Purchase)


def test_given_objects_are_used(make: Maker, session: Session) -> None:
    buyer = Buyer(email="ann@example.com", shop=Shop(name="Joinery"))
    purchase = make(Purchase, buyer=buyer)
    assert purchase.buyer is buyer
    assert purchase.shop is buyer.shop
    assert make(Purchase, buyer_id=buyer.id).shop is buyer.shop
    assert (count(session, Buyer), count(session, Shop)) == (1, 1)


def test_one_to_one_and_children_without_relationship(make: Maker, session: Session) -> None:
    buyer = make(Buyer, profile={"bio": "planes"}, remarks=[{"text": "kind"}])
    assert buyer.profile is not None
    assert buyer.profile.bio == "planes"
    assert session.scalars(select(Remark.text).where(Remark.buyer_id == buyer.id)).all() == ["kind"]


def test_keys_that_share_a_column_agree(make: Maker, session: Session) -> None:
    booking = make(Booking)
    assert session.get(Room, (booking.shop_id, booking.number)) is not None
    other = make(Shop)
    assert make(Booking, shop_id=other.id).shop_id == other.id
    assert count(session, Shop) == 2


def test_inheritance_and_dataclasses(make: Maker) -> None:
    dog, gauge = make(Dog), make(Gauge)
    assert (dog.sort, bool(dog.name), bool(dog.breed)) == ("dog", True, True)
    assert (gauge.unit, gauge.level > 0) == ("cm", True)


def test_constraints_of_the_database_alone_are_met(make: Maker) -> None:
    guarded = make(Guarded)
    assert guarded.size > 90_000
    assert guarded.mood in ("glad", "sad")


def test_a_session_is_flushed_and_not_committed(make: Maker, session: Session) -> None:
    make(Purchase, items=1)
    session.rollback()
    assert (count(session, Purchase), count(session, Shop)) == (0, 0)


def test_a_refused_try_leaves_the_sessions_other_objects(make: Maker, session: Session) -> None:
    session.add(Shop(name="mine"))
    for _ in range(10):
        make(Purchase, items=6)
    assert session.scalar(select(Shop.name).where(Shop.name == "mine")) == "mine"


def test_the_same_test_gets_the_same_and_others_other_data(session: Session) -> None:
    def seen(test: str) -> list[object]:
        purchase = maker_for(test, ROOT, session=session)(Purchase, items=2)
        values: list[object] = [purchase.id, purchase.total, purchase.buyer.email, purchase.items[0].position]
        session.rollback()
        return values

    assert seen("one") == seen("one")
    assert seen("one") != seen("two")


def test_what_no_class_is_mapped_to_is_made_as_a_table(make: Maker, session: Session) -> None:
    row = make("tagged")
    assert session.get(Purchase, row.purchase_id) is not None
    assert make(Base.metadata.tables["shops"]).name
    assert isinstance(make("shops"), Shop)


def test_a_mapped_class_goes_by_a_connection_too(session: Session) -> None:
    connection = session.connection()
    buyer = Maker("test", root=ROOT, connection=connection)(Buyer)
    assert buyer.shop.name
    assert session.get(Buyer, buyer.id) is not None


def test_a_mapped_class_needs_a_database() -> None:
    with pytest.raises(ResourceError, match=r"there is no database to put (.*)Buyer into"):
        Maker("test", root=ROOT)(Buyer)


def test_on_postgresql_a_refused_try_leaves_the_transaction_usable(database: str) -> None:
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection, Session(connection) as session:
        connection.execute(text(SECRET_RULES.replace("INTEGER PRIMARY KEY", "SERIAL PRIMARY KEY")))
        Base.metadata.create_all(connection)
        make = maker_for("test", ROOT, session=session)
        assert make(Guarded).size > 90_000
        purchases = [make(Purchase, items=6, tags=1) for _ in range(5)]
        assert {len(purchase.items) for purchase in purchases} == {6}
    engine.dispose()


WITHOUT_GREENLET = """
import sys
sys.modules["greenlet"] = None  # as where SQLAlchemy was installed by itself
from pathlib import Path
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from dryfit.resources.builders.maker import maker_for

class Base(DeclarativeBase):
    pass

class Buyer(Base):
    __tablename__ = "buyers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

with Session(create_engine("sqlite://")) as session:
    Base.metadata.create_all(session.connection())
    print(maker_for("test", Path(), session=session)("Buyer", name="Anna").name)
"""


def test_a_session_needs_no_library_of_asynchronous_ones() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT_GREENLET], capture_output=True, text=True, timeout=60)
    assert (run.stdout, run.stderr) == ("Anna\n", "")


async def in_session(url: str) -> list[object]:
    engine = create_async_engine(url)
    async with engine.connect() as connection, AsyncSession(connection) as session:
        await connection.run_sync(Base.metadata.create_all)
        make = maker_for("test", ROOT, session=session)
        assert isinstance(make, AsyncMaker)
        purchase = await make("Purchase", items=2, tags=1)
        again = await make(Purchase, buyer=purchase.buyer)
        seen = [
            len(purchase.items),
            len(purchase.tags),
            purchase.made_at is not None,
            again.shop is purchase.shop,
        ]
        await session.rollback()
        seen.append(await session.scalar(select(func.count()).select_from(Purchase)))
    await engine.dispose()
    return seen


@pytest.mark.asyncio
async def test_an_asynchronous_session_on_sqlite() -> None:
    assert await in_session("sqlite+aiosqlite://") == [2, 1, True, True, 0]


@pytest.mark.asyncio
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
async def test_an_asynchronous_session_on_postgresql(database: str, driver: str) -> None:
    url = database.replace("postgresql:", f"postgresql+{driver}:")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    assert await in_session(url) == [2, 1, True, True, 0]
