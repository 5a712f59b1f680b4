"""What hangs around necks."""


class Badges:
    def __init__(self, staff):
        self._staff = staff

    def text(self, number, full=False):
        person = self._staff.find(number)
        return f"#{number} {person.full_name if full else person.first}"
