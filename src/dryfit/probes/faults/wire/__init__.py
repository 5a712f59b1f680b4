"""Lets the wire fail below a client, so that what the client does about it by itself is part of the trial."""

from dryfit.probes.faults.wire.table import offers
from dryfit.probes.faults.wire.wire import Wire

__all__ = ["Wire", "offers"]
