"""The face on the command line."""

from __future__ import annotations

import sys
import traceback

from dryfit.cli.main import commands
from dryfit.model.errors import DryfitError

FAILED_ITSELF = 4
WRONG_USAGE = 2


def main() -> None:
    """Run the command line and end the process with its status (design: 0, 1, 2, 3 or 4)."""
    try:
        commands(prog_name="dryfit")
    except DryfitError as error:
        for problem in error.problems:
            print(f"dryfit: {problem}", file=sys.stderr)
        sys.exit(WRONG_USAGE)
    except Exception:  # noqa: BLE001 - a bug of dryfit's own, which is to be told apart from findings
        traceback.print_exc()
        print("dryfit: this is a bug of dryfit's own, not of your program; please report it", file=sys.stderr)
        sys.exit(FAILED_ITSELF)
