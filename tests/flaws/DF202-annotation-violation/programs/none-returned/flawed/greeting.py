"""What visitors read."""

from people import People


class Greeting:
    def __init__(self, people: People) -> None:
        self.people = people

    def text(self, login: str) -> str:
        person = self.people.find(login)
        return f"Hello {person.name}" if person else "Hello"
