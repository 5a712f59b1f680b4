"""Letters to customers."""

import directory


class NotWritten(Exception):
    """There is nothing to be put into the letter."""


def greeting(connection, number):
    try:
        person = directory.find(connection, number)
    except directory.DirectoryUnavailable as error:
        raise NotWritten(f"nobody knows who customer {number} is") from error
    return f"Dear {person.title} {person.name},"
