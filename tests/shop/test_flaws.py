"""Each mistake of ``examples/shop/flaws`` leaves the shop's tests green, and dryfit finds it where it was made.

``flaws.toml`` says of each which rule finds it, at which seam, and which of the shop's tests are enough to show it
(none named: all of them), and which check, where the tests alone do not show it.
"""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from dryfit.model.finding import RULES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDER = EXAMPLES / "shop" / "flaws"
FLAWS = tomllib.loads((FOLDER / "flaws.toml").read_text(encoding="utf-8"))
SHOWN = {name: flaw for name, flaw in FLAWS.items() if "check" not in flaw or flaw.get("demo")}
"""Those that the demonstration finds all at once."""

QUICK = {"price-list-as-of-one-moment", "price-over-a-newer-price"}
"""One with failures and one with overlaps: to try each by itself takes minutes more."""


def test_every_patch_is_described_and_every_description_has_its_patch():
    assert sorted(FLAWS) == sorted(patch.stem for patch in FOLDER.glob("*.patch"))
    planted = {"DF101", "DF102", "DF103", "DF105", "DF201", "DF202", "DF203", "DF204"}
    planted |= {"DF301", "DF302", "DF303", "DF305", "DF306", "DF307", "DF308"}
    planted |= {"DF501", "DF502", "DF504", "DF506"}
    assert {flaw["rule"] for flaw in FLAWS.values()} >= planted
    slugs = {rule.id: rule.slug for rule in RULES}
    assert all(flaw["slug"] == slugs[flaw["rule"]] for flaw in FLAWS.values())


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.campaign) for name in FLAWS],
)
def test_a_flaw_leaves_the_tests_green_and_is_found(shop, name):
    flaw = FLAWS[name]
    shop.apply(FOLDER / f"{name}.patch")
    checked, document = shop.check(*flaw.get("tests", ()), only=flaw.get("check", "data,interfaces"))
    assert document["tests"]["failed"] == 0 < document["tests"]["passed"], checked.said
    seam = {part: flaw[part] for part in ("caller", "callee", "callable")}
    found = [finding for finding in document["findings"] if finding["rule"] == flaw["rule"]]
    assert seam in [finding["seam"] for finding in found], checked.said
    errors = [finding for finding in document["findings"] if finding["severity"] == "error"]
    assert {finding["rule"] for finding in errors} <= {flaw["rule"]}, checked.said
    assert checked.status == (1 if errors else 0)


def test_the_shop_as_it_is_has_nothing_to_mend(shop):
    checked, document = shop.check()
    assert document["tests"]["failed"] == 0 < document["tests"]["passed"], checked.said
    assert [finding for finding in document["findings"] if finding["severity"] == "error"] == []
    # Money is a Decimal inside the shop and may come as a float from outside: that is what the warnings say.
    assert {finding["rule"] for finding in document["findings"]} <= {"DF103"}, checked.said
    assert document["coverage"]["exercised"] == document["coverage"]["seams"]
    assert checked.status == 0


@pytest.mark.campaign
def test_the_shop_as_it_is_handles_every_failure_well(shop):
    checked, document = shop.check("--budget", "30s", only="exceptions")
    assert document["checks"]["exceptions"]["trials"] > 0
    assert [finding for finding in document["findings"] if finding["severity"] == "error"] == [], checked.said
    # The lost reply of a commit is ambiguous whatever the shop does.
    assert {finding["rule"] for finding in document["findings"]} <= {"DF308"}, checked.said
    assert checked.status == 0


@pytest.mark.campaign
def test_the_shop_as_it_is_stands_every_overlap(shop):
    checked, document = shop.check("--budget", "30s", only="contention")
    assert document["checks"]["contention"]["trials"] > 0
    assert document["findings"] == [], checked.said
    assert checked.status == 0


@pytest.mark.campaign
def test_the_demonstration_finds_all_flaws_at_once(shop):
    demo = shutil.copy(EXAMPLES / "demo.py", shop.root.parent)
    ended = shop.run(sys.executable, demo)
    assert ended.status == 0, ended.said
    demonstrated = [flaw["check"] for flaw in SHOWN.values() if flaw.get("demo")]
    assert demonstrated == ["exceptions"] * 3 + ["contention"]
    assert f"{len(SHOWN)} of {len(SHOWN)} mistakes found" in ended.said
