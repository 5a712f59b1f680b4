"""What acts at the seams: here, the probe that observes."""

from dryfit.probes.observe import Observer

__all__ = ["Observer"]
