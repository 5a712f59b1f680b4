import asyncio

from mailer import Mailer
from signup import SignUp


def test_a_new_customer_gets_a_mail():
    assert asyncio.run(SignUp(Mailer()).join("ada@example.org"))
