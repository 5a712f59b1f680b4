from unittest.mock import MagicMock

from directory import Directory
from letters import Letters


def test_the_address_is_the_directorys() -> None:
    directory = MagicMock(spec=Directory)
    directory.profile.return_value = {"name": "Ann", "mail": "ann@example.com"}
    assert Letters(directory).address("ann") == "Ann <ann@example.com>"


def test_a_letter_names_its_reader() -> None:
    assert Letters(Directory()).address("bob").startswith("Bob ")
