"""Failures that a source passes over by name: one call, one class of exception, and nothing done about it."""

from __future__ import annotations

import textwrap

import pytest

from dryfit.discover.tolerated import tolerated_in
from dryfit.model.structure import Tolerated


def found(tmp_path, source):
    (tmp_path / "cache.py").write_text(textwrap.dedent(source), "utf-8")
    return tolerated_in(tmp_path, ["cache.py", "cache.py", "gone.py"])


def test_a_handler_that_only_notes_it(tmp_path):
    source = """
        try:
            path.write_text(text)
        except (OSError, codecs.CodecError):
            log.debug("not kept")
    """
    assert found(tmp_path, source) == (Tolerated("cache.py", 3, 3, ("OSError", "CodecError")),)


def test_what_is_suppressed(tmp_path):
    source = """
        with contextlib.suppress(FileNotFoundError, OSError):
            path.write_text(
                text
            )
    """
    assert found(tmp_path, source) == (Tolerated("cache.py", 3, 5, ("FileNotFoundError", "OSError")),)


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    write()\nexcept Exception:\n    pass",
        "try:\n    write()\nexcept:\n    pass",
        "try:\n    write()\nexcept OSError:\n    failed = True",
        "for each in all:\n    try:\n        write()\n    except OSError:\n        continue",
        "try:\n    write()\n    count()\nexcept OSError:\n    pass",
        "try:\n    write()\nexcept OSError:\n    pass\nelse:\n    count()",
        "with suppress(Exception):\n    write()",
        "with suppress(OSError):\n    write()\n    count()",
        "with opened(OSError):\n    write()",
        "try: (",
    ],
)
def test_what_is_not_meant_by_name(tmp_path, source):
    assert found(tmp_path, source) == ()
