"""Reminders that are due at some time."""


class Reminders:
    def __init__(self):
        self.due = []

    async def schedule(self, text, when):
        self.due.append((when.isoformat(sep=" ", timespec="minutes"), text))
