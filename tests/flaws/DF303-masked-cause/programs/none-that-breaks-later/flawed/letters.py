"""Letters to customers."""

import logging

import directory

log = logging.getLogger(__name__)


def greeting(connection, number):
    person = None
    try:
        person = directory.find(connection, number)
    except directory.DirectoryUnavailable:
        log.warning("customer %s is not looked up", number)
    return f"Dear {person.title} {person.name},"
