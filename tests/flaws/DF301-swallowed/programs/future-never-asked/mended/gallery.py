"""Pictures to be shown, with a thumbnail of each."""

from concurrent.futures import ThreadPoolExecutor

import thumbnails


class Gallery:
    def __init__(self):
        self.small = {}

    def add(self, pictures):
        with ThreadPoolExecutor(max_workers=2) as pool:
            made = dict(zip(pictures, pool.map(thumbnails.shrink, pictures.values()), strict=True))
        self.small.update(made)
