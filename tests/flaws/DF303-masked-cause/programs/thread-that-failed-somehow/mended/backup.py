"""Packs several folders at once, each in a thread of its own."""

import threading

import archive


class BackupFailed(Exception):
    """A folder could not be packed."""


class Packing(threading.Thread):
    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.packed = None
        self.error = None

    def run(self):
        try:
            self.packed = archive.pack(self.folder)
        except Exception as error:
            self.error = error


def back_up(folders):
    packings = [Packing(folder) for folder in folders]
    for packing in packings:
        packing.start()
    for packing in packings:
        packing.join()
    for packing in packings:
        if packing.error is not None:
            raise BackupFailed("not all folders could be packed") from packing.error
    return [packing.packed for packing in packings]
