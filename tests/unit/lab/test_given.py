"""The values that statements are given go with their texts, and are told apart again."""

from __future__ import annotations

from dryfit.lab.given import attached, detached
from dryfit.model.interleaving import Interleaving, Step


def test_values_are_no_part_of_the_text():
    texts = (attached("SELECT FOR UPDATE", "id=1"), attached("COMMIT", ""))
    steps = tuple(Step(0, "statement", text) for text in texts)
    found = detached(Interleaving((), steps, "stuck", f"operation 1 waits ({texts[0]} at till.py:3)"))

    assert [(step.what, step.given) for step in found.steps] == [
        ("SELECT FOR UPDATE", "id=1"),
        ("COMMIT", ""),
    ]
    assert found.said == "operation 1 waits (SELECT FOR UPDATE at till.py:3)"
