"""The clocks that nobody stops."""

import sys
import time

import dryfit.lab.lab
import dryfit.probes.observe
import dryfit.probes.schedule.watchdog
import dryfit.session
from dryfit.model.clock import Clock

NAMES = ("monotonic", "perf_counter", "perf_counter_ns")


def test_it_goes_on_where_every_module_holds_a_clock_that_stands(monkeypatch):
    for name in NAMES:
        real, stopped = getattr(time, name), lambda: 0
        for module in list(sys.modules.values()):
            for held in [held for held, value in vars(module).items() if value is real]:
                monkeypatch.setattr(module, held, stopped)
    assert [time.monotonic(), time.perf_counter(), time.perf_counter_ns()] == [0, 0, 0]
    assert Clock.monotonic() > 0 < Clock.perf_counter()
    assert Clock.perf_counter_ns() > 0


def test_what_measures_a_crossing_imports_no_clock_by_name():
    for module in [dryfit.probes.observe, dryfit.probes.schedule.watchdog, dryfit.session]:
        held = [
            name for name, value in vars(module).items() if value in [getattr(time, each) for each in NAMES]
        ]
        assert held == []
