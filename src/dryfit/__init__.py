"""dryfit shows Python developers where their modules do not fit together."""

__version__ = "0.1.0"
