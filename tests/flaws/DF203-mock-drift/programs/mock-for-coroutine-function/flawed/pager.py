"""Messages to whoever is on duty."""


class Pager:
    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, text: str) -> int:
        self.sent.append(text)
        return len(self.sent)
