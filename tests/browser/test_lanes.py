"""The lanes of operations that ran at once, as the page draws them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TIES = """
(table) => [...table.querySelectorAll("tr.blocked")].map((row) => {
  const reach = [...row.querySelectorAll(".tie")].map((tie) => tie.getBoundingClientRect());
  const lanes = [...row.querySelectorAll("td")].map((cell) => cell.getBoundingClientRect().left);
  const from = Math.min(...reach.map((r) => r.left)), to = Math.max(...reach.map((r) => r.right));
  return lanes.filter((left) => left >= from - 20 && left < to).length;
})
"""


@pytest.fixture
def lanes(open_page: Any) -> Any:
    return lambda **how: open_page("raced", **how).page.locator("article.finding .lanes")


def test_each_operation_has_a_column_with_its_name(lanes: Any) -> None:
    heads = [
        " ".join(each.split()) for each in lanes().first.locator("thead th[scope=col]").all_inner_texts()
    ]
    assert heads == ["Step", "1 order.OrderSystem.checkout", "2 order.OrderSystem.checkout"]


def test_the_steps_stand_in_their_order_with_their_places(lanes: Any) -> None:
    rows = lanes().first.locator("tbody tr").all_inner_texts()
    told = [" ".join(row.split()) for row in rows]
    assert told[3].startswith("4 UPDATE stock SET quantity = %s WHERE product = %s inventory.py:8")
    assert [row.split()[1] for row in told[4:]] == ["BLOCKED", "still", "still", "woken", "COMMIT", "returns"]
    assert told[4].endswith("holds 1 up")


def test_a_line_leads_from_who_is_blocked_to_who_holds_it_up(lanes: Any) -> None:
    assert lanes().last.evaluate(TIES) == [2, 2]


def test_below_stands_what_the_serial_orders_give(open_page: Any) -> None:
    page = open_page("raced").page
    assert page.locator(".came h4").all_inner_texts() == [
        "This one gave",
        "Serial order 1 gives",
        "Serial order 2 gives",
    ]
    (odd,) = page.locator(".came .odd").all_inner_texts()
    assert odd.split("\n") == ["stock: 1 row changed (quantity 1 → -1)", "(no serial order gives this)"]


def test_the_lanes_can_be_reached_and_scrolled_with_the_keyboard(lanes: Any) -> None:
    table = lanes(width=390).last
    table.focus()
    assert table.evaluate("element => document.activeElement === element")
    assert table.get_attribute("aria-label").startswith("Lanes of DF502-")
    assert table.evaluate("element => element.scrollWidth > element.clientWidth")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_as_wide_as_the_screen(open_page: Any, width: int) -> None:
    page = open_page("raced", width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(open_page: Any, contrast: str, scheme: str) -> None:
    assert open_page("raced", scheme=scheme).page.evaluate(contrast) == []


def test_they_are_there_without_the_script(browser: Any, files: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["raced"].as_uri())
    assert page.locator(".lanes tbody tr").count() == 18
    context.close()
