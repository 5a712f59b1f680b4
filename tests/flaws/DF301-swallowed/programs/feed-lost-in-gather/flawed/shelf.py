"""The titles that a reader is shown."""


class Shelf:
    def __init__(self):
        self.titles = []

    def put(self, titles):
        self.titles = sorted({*self.titles, *titles})
