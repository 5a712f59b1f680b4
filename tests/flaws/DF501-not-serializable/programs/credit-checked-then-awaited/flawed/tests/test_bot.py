import asyncio

from bot import Bot
from wallet import Wallet


def test_a_picture_costs_three_credits():
    wallet = Wallet(credits=4)
    assert asyncio.run(Bot(wallet).draw("a cat")) == "[a cat]"
    assert wallet.credits == 1


def test_no_picture_without_credits():
    wallet = Wallet(credits=2)
    assert asyncio.run(Bot(wallet).draw("a cat")) == "Sorry: 3 credits are needed, 2 are left"
    assert wallet.credits == 2
