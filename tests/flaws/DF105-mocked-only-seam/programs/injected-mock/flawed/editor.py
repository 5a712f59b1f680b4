"""Where documents are written."""

from store import Store


class Editor:
    def __init__(self, store: Store):
        self.store = store
        self.text = ""

    def write(self, text):
        self.text += text

    async def close(self, name):
        return await self.store.save(name, self.text)
