"""Where documents are kept."""


class Store:
    def __init__(self):
        self._texts = {}

    async def save(self, name, text):
        self._texts[name] = text
        return len(text)
