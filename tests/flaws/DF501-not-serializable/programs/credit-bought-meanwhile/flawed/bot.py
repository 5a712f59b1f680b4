"""A bot that draws pictures for credits; each message that it gets is a task of its own."""


class Bot:
    def __init__(self, wallet):
        self.wallet = wallet

    def paid(self, credits):
        """Somebody has bought credits."""
        self.wallet.buy(credits)

    async def draw(self, what):
        """Return a picture."""
        await self.wallet.spend(3, f"a picture of {what}")
        return f"[{what}]"
