"""Titles, as they are written out in letters."""

TITLES = {"Dr": "Doctor", "Prof": "Professor"}


def in_full(title):
    return TITLES.get(title, title)
