"""``dryfit map``: components, floors and seams, as the source shows them; nothing of the project is executed."""

from __future__ import annotations
