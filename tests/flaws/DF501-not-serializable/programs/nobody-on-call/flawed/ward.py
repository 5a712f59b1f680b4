"""The ward, where somebody is always on call."""

from roster import Roster


class Ward:
    def __init__(self, url):
        self.roster = Roster(url)

    def go_home(self, doctor):
        """Let the doctor go. Raises StillNeeded."""
        self.roster.release(doctor)
        return f"Good night, {doctor}"
