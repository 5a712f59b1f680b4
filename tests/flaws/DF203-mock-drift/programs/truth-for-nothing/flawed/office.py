"""Where letters come in."""

import archive


def take_in(letter):
    shelf = archive.keep(letter)
    return "kept" if shelf is None else f"kept on shelf {shelf + 1}"
