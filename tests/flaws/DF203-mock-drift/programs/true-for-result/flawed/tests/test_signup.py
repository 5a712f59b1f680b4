from unittest.mock import MagicMock, patch

import signup


@patch("postbox.send", return_value=True)
def test_a_welcome(send: MagicMock) -> None:
    assert signup.welcome("ann@example.com") == "look into your mailbox"


@patch("postbox.send", return_value=False)
def test_an_address_that_does_not_work(send: MagicMock) -> None:
    assert signup.welcome("ann") == "this address does not work"


def test_a_welcome_through_the_postbox() -> None:
    assert signup.welcome("bob@example.com") == "look into your mailbox"
