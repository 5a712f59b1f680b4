"""Pictures to be shown, with a thumbnail of each."""

from concurrent.futures import ThreadPoolExecutor

import thumbnails


class Gallery:
    def __init__(self):
        self.small = {}

    def add(self, pictures):
        with ThreadPoolExecutor(max_workers=2) as pool:
            for name, rows in pictures.items():
                pool.submit(self._add_one, name, rows)

    def _add_one(self, name, rows):
        self.small[name] = thumbnails.shrink(rows)
