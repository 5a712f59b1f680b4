"""Puts probes into running code and takes them out again."""

from dryfit.weave.libraries import LIBRARY_SEAMS, LibrarySeam
from dryfit.weave.weave import Weave

__all__ = ["LIBRARY_SEAMS", "LibrarySeam", "Weave"]
