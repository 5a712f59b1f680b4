"""What dryfit starts imports the very same dryfit, whatever else has its name."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import dryfit
from dryfit.resources import children


def test_another_dryfit_in_the_way_is_not_imported(tmp_path):
    for folder in ("path", "here"):
        (tmp_path / folder / "dryfit").mkdir(parents=True)
        (tmp_path / folder / "dryfit" / "__init__.py").write_text("raise SystemExit('another one')")
    ran = subprocess.run(
        children.command("dryfit.resources.postgres.project_code", "call", "project:show", "the url"),
        cwd=tmp_path / "here",
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path / "path"), str(project(tmp_path))))},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(ran.stdout)
    assert (seen["dryfit"], seen["url"], seen["main"]) == (dryfit.__file__, "the url", "__main__")


def test_a_relative_search_path_leads_to_the_same_place_from_everywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("src", "/opt/more", "")))
    assert children.search_path() == {"PYTHONPATH": os.pathsep.join((str(tmp_path / "src"), "/opt/more"))}
    monkeypatch.delenv("PYTHONPATH")
    assert children.search_path() == {}


def project(folder: Path) -> Path:
    (folder / "project").mkdir()
    (folder / "project" / "project.py").write_text(
        "import json, sys, dryfit\n"
        "def show(url):\n"
        "    main = sys.modules['__main__'].__name__\n"
        "    print(json.dumps(dict(dryfit=dryfit.__file__, url=url, path=sys.path, main=main)))\n"
    )
    return folder / "project"
