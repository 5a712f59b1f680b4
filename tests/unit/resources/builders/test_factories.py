"""A project's own factories are used where they exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import factory
import factory.fuzzy
import pytest
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.maker import Maker, maker_for

ROOT = Path(__file__).parent


class FactoryBase(DeclarativeBase):
    pass


class Band(FactoryBase):
    __tablename__ = "bands"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    genre: Mapped[str]
    albums: Mapped[list[Album]] = relationship(back_populates="band")


class Album(FactoryBase):
    __tablename__ = "albums"
    id: Mapped[int] = mapped_column(primary_key=True)
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id"))
    band: Mapped[Band] = relationship(back_populates="albums")
    title: Mapped[str]


class Song(FactoryBase):
    __tablename__ = "songs"
    id: Mapped[int] = mapped_column(primary_key=True)
    album_id: Mapped[int] = mapped_column(ForeignKey("albums.id"))
    album: Mapped[Album] = relationship()
    title: Mapped[str]


class Label(FactoryBase):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)


class BandFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Band

    name = factory.Sequence(lambda n: f"Band {n}")
    genre = factory.fuzzy.FuzzyChoice(["jazz", "rock", "folk", "punk", "soul", "ska"])


class LoudBandFactory(BandFactory):
    genre = "metal"


class AlbumFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Album

    band = factory.SubFactory(BandFactory)
    title = factory.Faker("sentence")


class FirstLabelFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Label


class SecondLabelFactory(SQLAlchemyModelFactory):
    class Meta:
        model = Label


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        FactoryBase.metadata.create_all(session.connection())
        yield session
    engine.dispose()


@pytest.fixture
def make(session: Session) -> Maker:
    return maker_for("test", ROOT, session=session)


def test_the_classes_factory_makes_it_in_the_session(make: Maker, session: Session) -> None:
    band = make(Band, albums=2)
    assert band.name.startswith("Band ")
    assert [album.band for album in band.albums] == [band, band]
    assert band in session
    assert BandFactory._meta.sqlalchemy_session is None


def test_parents_are_made_by_their_factories(make: Maker) -> None:
    song = make(Song)
    assert song.album.band.name.startswith("Band ")


def test_given_values_reach_the_factory(make: Maker) -> None:
    band = make(Band, genre="waltz")
    assert band.genre == "waltz"
    assert make(Album, band=band, title="One").band is band


def test_the_same_seed_gives_the_same(session: Session) -> None:
    def seen(test: str) -> tuple[str, ...]:
        album = maker_for(test, ROOT, session=session)(Album)
        values = (album.title, album.band.name, album.band.genre)
        session.rollback()
        FactoryBase.metadata.create_all(session.connection())
        return values

    assert seen("one") == seen("one")
    assert seen("one")[1] != seen("two")[1]


def test_of_several_factories_the_one_with_the_classes_name_counts(make: Maker) -> None:
    assert make(Band).genre != "metal"
    with pytest.raises(
        ResourceError, match=r"Label has several factories: (.*)FirstLabelFactory, (.*)Second"
    ):
        make(Label)
