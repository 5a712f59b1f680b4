from unittest.mock import MagicMock

from companies import Register
from letterhead import Letterhead


def test_a_full_letterhead() -> None:
    register = MagicMock()
    register.find.return_value.name = "Joinery"
    assert Letterhead(register).text(1, full=True).startswith("Joinery, ")


def test_a_short_letterhead() -> None:
    assert Letterhead(Register()).text(2) == "Company 2"
