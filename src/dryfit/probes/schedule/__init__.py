"""Decides who goes on where operations run at once: threads, their locks, tasks, and the orders that are tried."""

from dryfit.probes.schedule.bindings import Bindings
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.methods import Methods
from dryfit.probes.schedule.narrator import Narrator
from dryfit.probes.schedule.orders import Follow, Repeatable, alternate, follow, serial, serial_orders
from dryfit.probes.schedule.search import search
from dryfit.probes.schedule.smallest import shrink
from dryfit.probes.schedule.tasks import Tasks
from dryfit.probes.schedule.turns import Turns

__all__ = [
    "Bindings",
    "BrokenOff",
    "Follow",
    "Methods",
    "Narrator",
    "Repeatable",
    "Tasks",
    "Turns",
    "alternate",
    "follow",
    "search",
    "serial",
    "serial_orders",
    "shrink",
]
