"""What acts at the seams: here, the probe that observes, and what is kept of exchanges over HTTP."""

from dryfit.probes.exchanges import Exchanges
from dryfit.probes.observe import Observer

__all__ = ["Exchanges", "Observer"]
