"""Packs a folder's files into one text."""


class NotPacked(Exception):
    """A name would break the format."""


def pack(folder):
    if any("\n" in name for name in folder):
        raise NotPacked("a file's name has two lines")
    return "".join(f"{name}\n{len(text)}\n{text}" for name, text in folder.items())
