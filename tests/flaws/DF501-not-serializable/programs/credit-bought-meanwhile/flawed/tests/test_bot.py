import asyncio

from bot import Bot
from wallet import Wallet


def test_credits_are_bought_and_spent():
    async def talk():
        bot = Bot(Wallet(credits=2))
        bot.paid(4)
        assert await bot.draw("a cat") == "[a cat]"
        return bot.wallet.credits

    assert asyncio.run(talk()) == 3
