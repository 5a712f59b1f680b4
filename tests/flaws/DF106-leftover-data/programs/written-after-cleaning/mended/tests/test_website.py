import sqlite3
from contextlib import closing

import pytest

from recorder import Recorder
from website import Website


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("site") / "visits.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT)")
    return file


@pytest.fixture
def recorder(path):
    return Recorder(path)


@pytest.fixture
def website(path, recorder):
    yield Website(recorder)
    recorder.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM visits")


@pytest.mark.parametrize("page", ["Home", "News", "About"])
def test_a_page_is_shown(website, page):
    assert website.show(page) == f"<h1>{page}</h1>"
