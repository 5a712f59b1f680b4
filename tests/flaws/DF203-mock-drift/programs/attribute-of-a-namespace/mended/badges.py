"""What hangs around necks."""


class Badges:
    def __init__(self, staff):
        self._staff = staff

    def text(self, number, full=False):
        person = self._staff.find(number)
        return f"#{number} {person.first} {person.last}" if full else f"#{number} {person.first}"
