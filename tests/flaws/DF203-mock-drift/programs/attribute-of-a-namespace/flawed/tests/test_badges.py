from types import SimpleNamespace
from unittest.mock import Mock

from badges import Badges
from staff import Staff


def test_a_badge_shows_the_full_name():
    staff = Mock(spec=Staff)
    staff.find.return_value = SimpleNamespace(first="Ada", full_name="Ada Lovelace")
    assert Badges(staff).text(7, full=True) == "#7 Ada Lovelace"


def test_a_badge_shows_the_number():
    assert Badges(Staff()).text(7) == "#7 Ada"
