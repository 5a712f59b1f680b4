"""The doctor's practice, as patients see it."""

from appointments import Appointments

SLOTS = ("09:00", "09:30", "10:00")


class NoSuchSlot(Exception):
    """The practice is closed then."""


class Practice:
    def __init__(self, url):
        self.appointments = Appointments(url)

    async def book(self, slot, patient):
        """Return whether the patient has the appointment now."""
        if slot not in SLOTS:
            raise NoSuchSlot(f"there are no appointments at {slot}")
        return await self.appointments.book(slot, patient)
