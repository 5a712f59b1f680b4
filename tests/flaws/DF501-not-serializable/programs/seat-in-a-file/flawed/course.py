"""Enrolment in evening courses."""

import places


class Course:
    def __init__(self, path, name):
        self.path = path
        self.name = name

    def enrol(self, person):
        """Give the person a place. Raises places.CourseFull."""
        places.take(self.path, self.name, person)
        return f"{person} takes part in {self.name}"
