"""What visitors read."""

import people


def is_known(login):
    return people.find(login) is not None


def text(login):
    return f"Hello {people.find(login)['name']}"
