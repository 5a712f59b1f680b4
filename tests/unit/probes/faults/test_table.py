"""The page about faults tells what the catalogue holds, row by row, and names tests that are there."""

from __future__ import annotations

import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

from dryfit.probes.faults import resolve
from dryfit.probes.faults.catalogue import ROWS
from dryfit.probes.faults.wire.table import DIALOGUES
from dryfit.probes.faults.wire.table import ROWS as WIRE_ROWS
from dryfit.weave import LIBRARY_SEAMS

HERE = Path(__file__).parent
PAGE = HERE.parents[3] / "docs" / "explanation" / "faults.md"


def told():
    table = PAGE.read_text().partition("<!-- table: begin -->")[2].partition("<!-- table: end -->")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_tells_every_row():
    assert [(name, when, slug, raises) for name, _, when, slug, raises, *_ in told()] == [
        ("open" if row.driver == "builtins" else row.driver, row.when, row.slug, f"`{row.exception}`")
        for row in ROWS
    ]


def test_the_page_tells_what_may_happen_on_the_wire():
    page = PAGE.read_text().partition("<!-- wire: begin -->")[2].partition("<!-- wire: end -->")[0]
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")][2:]
    assert [
        (when.strip(), slug.strip(), where.strip() == "on request") for when, slug, _, where in lines
    ] == [(row.when, row.slug, row.on_request) for row in WIRE_ROWS]


def test_every_driver_with_a_wire_is_in_the_table():
    assert set(DIALOGUES) <= {row.driver for row in ROWS}


@pytest.mark.parametrize("name", sorted({name for *_, names in told() for name in names.split(", ")}))
def test_the_proof_is_there(name):
    assert (HERE / f"{name}.py").is_file()


def test_every_row_has_a_name_of_its_own():
    names = [(row.driver, row.when, row.slug) for row in ROWS]
    assert len(set(names)) == len(names)


def test_all_callables_are_woven():
    woven = {f"{row.library}.{row.callable}" for row in LIBRARY_SEAMS}
    assert set(resolve._RESOLVERS) <= woven
    assert woven - set(resolve._RESOLVERS) == {
        "sqlite3.Connection.rollback",
        "psycopg.AsyncCursor.copy",
        "psycopg.AsyncCursor.stream",
        "psycopg.Cursor.copy",
        "psycopg.Cursor.stream",
        "psycopg2.cursor.callproc",
        "psycopg2.cursor.copy_expert",
        "psycopg2.cursor.copy_from",
        "psycopg2.cursor.copy_to",
        "redis.Pipeline.immediate_execute_command",  # a lost connection is a WatchError then
        "django.CursorWrapper.callproc",
    }


def test_no_library_is_imported_for_its_faults():
    script = (
        "import sys, dryfit.probes.faults\n"
        f"print(sorted({{{', '.join(repr(row.driver) for row in ROWS)}}} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(literal_eval(told.stdout)) <= {"builtins", "sqlite3", "subprocess"}
