"""What the shop's tests show over HTTP, as a contract of Pact, verified against the shop that runs."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from tests import plugins

HERE = Path(__file__).parent
FILE = "pacts/tests-dryfit-example-shop.json"


@pytest.fixture(scope="module")
def exported(copied_shop):
    """A copy of the shop whose tests were watched, the exported files in it, and what was said."""
    ran = copied_shop.run(
        *(sys.executable, "-m", "pytest", "--dryfit", "-q", "tests/test_api.py"),
        **plugins.only("pytest_asyncio.plugin"),
    )
    assert ran.status == 0, ran.said
    shutil.copy(HERE / "provider.py", copied_shop.root)
    return copied_shop, copied_shop.run(sys.executable, "-m", "dryfit", "contract", "export", "--pact")


def verify(shop, *arguments, file=FILE):
    return shop.run(
        *(sys.executable, "provider.py", file, *arguments), PYTHONPATH="src", PACT_DO_NOT_TRACK="true"
    )


def test_the_shop_keeps_every_interaction(exported):
    shop, told = exported
    interactions = json.loads((shop.root / FILE).read_text(encoding="utf-8"))["interactions"]
    verified = verify(shop)
    assert told.status == 0, told.said
    assert verified.status == 0, verified.said
    assert verified.said.count("has status code") == len(interactions) == 23
    assert "FAILED" not in verified.said


def test_an_api_with_a_renamed_field_keeps_them_no_more(exported):
    shop, _ = exported
    api = shop.root / "src" / "api.py"
    source = api.read_text(encoding="utf-8")
    api.write_text(source.replace("    cost: Decimal", "    price: Decimal").replace(", cost=", ", price="))
    try:
        verified = verify(shop, "GET /delivery")
    finally:
        api.write_text(source, encoding="utf-8")
    assert verified.status == 1
    assert "Actual map is missing the following keys: cost" in verified.said


def test_the_gateway_keeps_what_the_shop_expects_of_it(exported):
    shop, _ = exported
    verified = verify(shop, file="pacts/payment_gateway-localhost.json")
    assert verified.status == 0, verified.said
    assert "POST /payments → 201" in verified.said
    assert "has status code 402 (OK)" in verified.said


def test_no_secret_is_written_and_what_needs_one_is_left_out_by_name(exported):
    shop, told = exported
    written = "".join(path.read_text(encoding="utf-8") for path in (shop.root / "pacts").iterdir())
    left_out = [line for line in told.said.splitlines() if line.startswith("left out: ")]
    assert "correct horse battery" not in written
    assert '"Bearer given-by-the-state"' in written
    assert written.count("Bearer") == written.count("Bearer given-by-the-state") + written.count(
        "Bearer ${token}"
    )
    assert left_out[0] == (
        "left out: POST /sessions → 201: its body holds the secret `password`"
        " (tests/test_api.py::test_from_sign_up_to_a_paid_order)"
    )
    assert len(left_out) == 5
