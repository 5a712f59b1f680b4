"""How many pieces there are."""

from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class TooFew(Exception):
    """There are not as many pieces."""


class Base(DeclarativeBase):
    pass


class Article(Base):
    __tablename__ = "articles"

    name: Mapped[str] = mapped_column(primary_key=True)
    pieces: Mapped[int]


class Stock:
    def __init__(self, url):
        url = make_url(url).set(drivername="postgresql+psycopg")
        self.engine = create_engine(url, isolation_level="SERIALIZABLE")
        self.session = sessionmaker(self.engine)

    def deliver(self, article, pieces):
        with self.session.begin() as session:
            session.add(Article(name=article, pieces=pieces))

    def pieces(self, article):
        with self.session.begin() as session:
            return session.get_one(Article, article).pieces

    def take(self, article, pieces):
        with self.session.begin() as session:
            row = session.get_one(Article, article)
            if row.pieces < pieces:
                raise TooFew(f"there are {row.pieces} of {article}, not {pieces}")
            row.pieces -= pieces
