"""A bot that draws pictures for credits."""

from wallet import NotEnough

CREDITS = 3


class Bot:
    def __init__(self, wallet):
        self.wallet = wallet

    async def draw(self, what):
        """Return a picture, or say why there is none."""
        try:
            await self.wallet.spend(CREDITS, f"a picture of {what}")
        except NotEnough as error:
            return f"Sorry: {error}"
        return f"[{what}]"
