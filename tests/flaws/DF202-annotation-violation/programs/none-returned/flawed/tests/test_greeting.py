import pytest
from greeting import Greeting
from people import People


@pytest.mark.parametrize(("login", "text"), [("ada", "Hello Ada"), ("eve", "Hello")])
def test_visitors_are_greeted(login, text):
    assert Greeting(People()).text(login) == text
