"""The clocks of this machine, as they are.

Libraries that stop time for a test (freezegun, for one) put functions of theirs into every loaded module that holds a
clock, and into ``time`` itself. What dryfit measures and limits goes by the real ones, so they stand in a class.
"""

from __future__ import annotations

import time


class Clock:
    """The real ones, whatever the modules hold that are named ``time`` or have imported from it."""

    monotonic = staticmethod(time.monotonic)
    perf_counter = staticmethod(time.perf_counter)
    perf_counter_ns = staticmethod(time.perf_counter_ns)
