"""``python -m dryfit``."""

from dryfit.cli import main

main()
