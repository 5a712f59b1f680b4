"""New customers."""

from mailer import Mailer


class SignUp:
    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer

    async def join(self, address: str) -> bool:
        return await self.mailer.send(to=address, subject="Welcome")
