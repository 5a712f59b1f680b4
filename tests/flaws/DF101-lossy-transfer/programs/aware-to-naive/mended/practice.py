"""A practice that reminds its patients."""

from agenda import Calendar
from reminders import Reminders


class Practice:
    def __init__(self):
        self.calendar = Calendar()
        self.reminders = Reminders()

    async def appoint(self, name, *when):
        self.calendar.book(name, *when)
        start = self.calendar.start(name)
        await self.reminders.schedule(f"see {name}", start)
