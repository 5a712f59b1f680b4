"""Writes the addresses for tonight's mailing into a file that the printer fetches."""

import layout


class ExportFailed(Exception):
    """The file could not be written."""


class Export:
    def __init__(self, path):
        self.path = path

    def write(self, addresses):
        try:
            with open(self.path, "w", encoding="utf-8") as file:
                for address in addresses:
                    file.write(layout.row(address))
        except OSError as error:
            raise ExportFailed(f"{self.path.name}: {error}") from error
