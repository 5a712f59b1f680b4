"""Decides who goes on where operations run at once: threads, their locks, tasks, and the orders that are tried."""

from dryfit.probes.schedule.turns import Turns

__all__ = ["Turns"]
