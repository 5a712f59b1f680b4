"""Who has worked for how long."""

from sheet import SheetBusy

ATTEMPTS = 3


class TimeSheet:
    def __init__(self, sheet):
        self.sheet = sheet

    def note(self, person, day, hours):
        for attempt in range(ATTEMPTS):
            try:
                self.sheet.add(person, day, hours)
                return
            except SheetBusy:
                if attempt == ATTEMPTS - 1:
                    raise
