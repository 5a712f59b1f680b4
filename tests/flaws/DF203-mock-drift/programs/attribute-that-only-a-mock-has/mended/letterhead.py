"""What is printed above letters."""

from companies import Register


class Letterhead:
    def __init__(self, register: Register) -> None:
        self._register = register

    def text(self, number: int, full: bool = False) -> str:
        company = self._register.find(number)
        return f"{company.name}, {company.city}" if full else company.name
