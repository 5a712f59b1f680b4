"""What is remembered."""


class Cache:
    def __init__(self):
        self.pages = {}

    async def forget(self, name):
        return self.pages.pop(name, None)
