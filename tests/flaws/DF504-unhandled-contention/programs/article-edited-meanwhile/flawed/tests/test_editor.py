import pytest
from sqlalchemy import create_engine, make_url

from editor import Editor


@pytest.fixture
def editor(database):
    engine = create_engine(make_url(database.url).set(drivername="postgresql+psycopg"))
    editor = Editor(engine)
    editor.articles.write("Cats", "Cats are nice.")
    yield editor
    engine.dispose()


def test_an_article_is_commented(editor):
    assert editor.comment("Cats", "Dogs, too.") == 27
    assert editor.articles.text("Cats") == "Cats are nice.\n[Dogs, too.]"
