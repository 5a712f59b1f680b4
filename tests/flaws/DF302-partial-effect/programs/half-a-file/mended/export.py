"""Writes the addresses for tonight's mailing into a file that the printer fetches."""

import os

import layout


class ExportFailed(Exception):
    """The file could not be written."""


class Export:
    def __init__(self, path):
        self.path = path

    def write(self, addresses):
        rows = [layout.row(address) for address in addresses]
        unfinished = self.path.with_suffix(".new")
        try:
            with open(unfinished, "w", encoding="utf-8") as file:
                file.writelines(rows)
            os.replace(unfinished, self.path)
        except OSError as error:
            raise ExportFailed(f"{self.path.name}: {error}") from error
