"""Which box stands on which shelf."""

import labels


class Storage:
    def __init__(self):
        self.shelves = {}

    async def put(self, box, shelf):
        """Note where the box stands, and return the label that goes on it."""
        label = await labels.render(box, shelf)
        self.shelves[box] = shelf
        return label
