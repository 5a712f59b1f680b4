"""Makes one fault happen: what may go wrong at a crossing, and the probe that lets it."""

from dryfit.probes.faults.catalogue import offers
from dryfit.probes.faults.probe import FaultProbe

__all__ = ["FaultProbe", "offers"]
