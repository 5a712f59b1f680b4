"""The way of a failure through a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dryfit.model.seam import Place

LinkKind = Literal["raised", "passed", "thrown into", "wrapped", "raised again", "caught", "left"]
"""What becomes of a failure somewhere: the call that fails, a frame that it passes, a generator that gets it (as that
of a context manager does), another exception that is raised in its place, the same one raised anew (by a future, say),
the handler out of which it does not come, or the last frame of the program, where nobody catches it."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a failure: from where it is raised to where it ends.

    ``component`` is "" outside of the project; there the file of ``place`` is below its library. ``callable`` is the
    dotted name of the function, ``exception`` of the class of what was in flight, ``source`` the line as it stands
    there.
    """

    kind: LinkKind
    place: Place
    component: str
    callable: str
    exception: str
    source: str = ""
