"""Messages to whoever is on duty."""


class Pager:
    def __init__(self):
        self.sent = []

    async def send(self, text):
        self.sent.append(text)
        return len(self.sent)
