"""Calls out whoever is on duty."""


def page(name, message):
    return f"{name}: {message}"
