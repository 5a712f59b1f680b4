"""Articles; SQLAlchemy counts their versions, so that nobody overwrites what they have not read."""

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Article(Base):
    __tablename__ = "articles"

    title: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Articles:
    def __init__(self, engine):
        self.engine = engine

    def write(self, title, text):
        with Session(self.engine) as session, session.begin():
            session.add(Article(title=title, text=text))

    def text(self, title):
        with Session(self.engine) as session:
            return session.get_one(Article, title).text

    def append(self, title, text):
        """Add a line; returns how long the article is then."""
        with Session(self.engine) as session, session.begin():
            article = session.get_one(Article, title)
            article.text += f"\n{text}"
            return len(article.text)
