"""Mails."""


class Mailer:
    async def send(self, *, to: str, subject: str) -> bool:
        return "@" in to and bool(subject)
