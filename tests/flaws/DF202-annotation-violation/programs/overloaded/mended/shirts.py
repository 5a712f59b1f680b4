"""Shirts by name and size."""

import sizes


def name(code, chest):
    return f"{sizes.size(code)} / {sizes.size(chest)}"


def label(code):
    return f"size {sizes.size(code)}"
