"""What visitors read."""

import people


def is_known(login):
    return people.find(login) is not None


def text(login):
    person = people.find(login)
    return f"Hello {person['name']}" if person else "Hello"
