import pytest

from members import Members
from pool import Pool


@pytest.fixture
def members(database):
    pool = Pool(database.url)
    yield Members(pool)
    pool.close()


def test_members_are_numbered(members):
    assert members.join("Ann") == 1
    assert members.join("Bob") == 2
    assert members.names() == ["Ann", "Bob"]
