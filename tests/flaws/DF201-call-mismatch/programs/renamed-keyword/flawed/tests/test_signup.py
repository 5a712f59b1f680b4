import asyncio
from unittest.mock import AsyncMock

from mailer import Mailer
from signup import SignUp


def test_a_new_customer_is_welcomed():
    mailer = AsyncMock()
    asyncio.run(SignUp(mailer).join("ada@example.org"))
    mailer.send.assert_awaited_once()


def test_a_mail_needs_an_address():
    assert not asyncio.run(Mailer().send(to="ada", subject="hello"))
