import pytest

from club import Club
from mails import Mails
from members import Members


@pytest.fixture
def club(tmp_path, mailbox):
    return Club(Members(tmp_path / "members.db"), Mails(*mailbox.address))


def test_who_joins_is_welcomed(club, mailbox):
    club.join("ann@example.com")
    assert [mail["Subject"] for mail in mailbox.mails] == ["Welcome"]
    assert club.members.knows("ann@example.com")
