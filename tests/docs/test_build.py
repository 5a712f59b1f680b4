"""The documentation builds as `make docs` builds it: a broken link or a page in no table of contents is an error."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
SPHINX = (sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going")


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run([*SPHINX, str(DOCS), str(tmp_path)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "rules" / "DF101.html").is_file()
