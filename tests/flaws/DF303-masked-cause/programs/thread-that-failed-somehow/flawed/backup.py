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
        self.failed = False

    def run(self):
        try:
            self.packed = archive.pack(self.folder)
        except Exception:
            self.failed = True


def back_up(folders):
    packings = [Packing(folder) for folder in folders]
    for packing in packings:
        packing.start()
    for packing in packings:
        packing.join()
    if any(packing.failed for packing in packings):
        raise BackupFailed("not all folders could be packed")
    return [packing.packed for packing in packings]
