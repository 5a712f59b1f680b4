"""What hangs around necks."""

from staff import Staff


class Badges:
    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    def text(self, number: int) -> str:
        person = self._staff.find(number)
        return f"#{number} {getattr(person, 'full_name', person.first)}"
