"""Which box stands on which shelf."""

import labels


class Storage:
    def __init__(self):
        self.shelves = {}

    async def put(self, box, shelf):
        """Note where the box stands, and return the label that goes on it."""
        self.shelves[box] = shelf
        return await labels.render(box, shelf)
