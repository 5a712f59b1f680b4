"""The report in a real browser, offline."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser

ARROW = "g.seamline[data-from=order][data-to=payment]"

OVERLAPS = """
() => {
  const boxes = [...document.querySelectorAll(".room")];
  const overlap = (one, other) => {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  };
  const clipped = boxes.filter((box) => box.scrollWidth > box.clientWidth + 1);
  const covered = boxes.filter((box, index) => boxes.slice(index + 1).some((other) => overlap(box, other)));
  return [...clipped, ...covered].map((box) => box.textContent);
}
"""

INSIDE_GROUPS = """
() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const group = new Map(data.rooms.map((room) => [room.name, room.group]));
  return data.findings.filter((found) => group.get(found.caller) === group.get(found.callee)).length;
}
"""

THROUGH_ROOMS = """
() => {
  const origin = document.getElementById("drawing").getBoundingClientRect();
  const boxes = [...document.querySelectorAll(".room")].map((box) => box.getBoundingClientRect());
  const through = [];
  for (const line of document.querySelectorAll(".hit")) {
    const length = line.getTotalLength();
    for (let at = 6; at < length - 6; at += 4) {
      const { x, y } = line.getPointAtLength(at);
      const [px, py] = [x + origin.left, y + origin.top];
      if (boxes.some((b) => px > b.left + 1 && px < b.right - 1 && py > b.top + 1 && py < b.bottom - 1)) {
        through.push(line.parentElement.getAttribute("aria-label"));
        break;
      }
    }
  }
  return through;
}
"""


@pytest.mark.parametrize("name", ["shop", "large"])
def test_it_opens_offline_without_errors_and_without_requests(open_page: Any, name: str) -> None:
    opened = open_page(name)
    assert opened.errors == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [opened.page.url]
    assert opened.page.locator("#drawing .room").count() > 0


def test_a_click_on_a_seam_opens_what_was_seen_there(open_page: Any) -> None:
    page = open_page("shop").page
    assert page.locator("#panel").is_hidden()
    page.locator(f"{ARROW} .hit").click()
    panel = page.locator("#panel")
    assert panel.is_visible()
    assert "payment.PaymentProcessor.process_payment" in panel.locator("h2").inner_text()
    assert panel.locator(".behaviour").count() == 3
    text = panel.inner_text()
    assert "float 0.01..1249.5" in text
    assert "payment.CardDeclined{code: str(text)}" in text
    assert "A stand-in was active below the callee." in text
    assert "DF101 lossy-transfer" in text
    assert "order.py:20" in text


def test_the_failures_that_were_tried_stand_at_their_seam(open_page: Any, sample: Any) -> None:
    page = open_page("tried").page
    seam = sample.shop().coverage[0].seam
    page.locator("button.link", has_text=seam.callable).first.click(timeout=5000)
    panel = page.locator("#panel")
    assert panel.get_by_role("heading", name="Failures that were tried").is_visible()
    told = [" ".join(each.split()) for each in panel.locator(".fault").all_inner_texts()]
    assert told == [
        "smtplib.SMTPServerDisconnected after the call, its reply lost order.py:7"
        " verdict something was done twice breaks DF306 2 trials",
        "ValueError instead of the call order.py:7"
        " no verdict not injected: the test did not come there this time 1 trial",
    ]


WAY = """
() => {
  const origin = document.getElementById("drawing").getBoundingClientRect();
  const isAt = ({ x, y }) => (box) => {
    const [b, px, py] = [box.getBoundingClientRect(), x + origin.left, y + origin.top];
    return px > b.left - 4 && px < b.right + 4 && py > b.top - 4 && py < b.bottom + 4;
  };
  const room = (spot) => [...document.querySelectorAll(".room")].find(isAt(spot))?.title;
  const ends = (line) => [0, line.getTotalLength()].map((at) => room(line.getPointAtLength(at)));
  return [...document.querySelectorAll(".wayline")].map(ends);
}
"""


@pytest.mark.parametrize("width", [390, 1440])
def test_the_way_of_a_failure_is_drawn_over_the_map(open_page: Any, width: int) -> None:
    opened = open_page("failed", width=width)
    page = opened.page
    page.get_by_role("button", name="show the way of the failure on the map").click()
    steps = page.locator("#steps li")
    assert steps.count() == 4
    assert [line.strip() for line in steps.all_inner_texts()[0].splitlines()] == [
        "raised payment_gateway · payment_gateway.py:16 in PaymentGateway.charge httpx.ReadTimeout",
        'reply = await self.client.post("/charges", json=body)',
    ]
    assert page.evaluate(WAY) == [
        ["payment_gateway", "httpx"],
        ["payment", "payment_gateway"],
        ["order", "payment"],
    ]
    pills = {room.get_attribute("title"): room.locator(".station").all_inner_texts() for room in lit(page)}
    assert pills == {
        "httpx": ["fails"],
        "payment_gateway": ["1–2 wrapped"],
        "payment": ["3 passed"],
        "order": ["4 caught"],
    }
    assert page.evaluate("document.activeElement.id") == "way-title"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert opened.errors == []


def lit(page: Any) -> list[Any]:
    return list(page.locator(".room.lit").all())


def test_the_map_is_as_before_when_the_way_is_left(open_page: Any) -> None:
    page = open_page("failed").page
    show = page.get_by_role("button", name="show the way of the failure on the map")
    for leave in (lambda: page.locator("#leave-way").click(), lambda: page.keyboard.press("Escape")):
        show.click()
        page.locator(".room[title=auth]").hover()
        assert page.locator(".wayline").count() == 3
        assert page.locator(".room.lit").count() == 4
        leave()
        assert page.locator("#way").is_hidden()
        assert page.locator(".wayline, .station, #drawing.dim").count() == 0
        assert page.evaluate("document.activeElement.dataset.way") == "DF301-0a1b2c"
    page.set_viewport_size({"width": 700, "height": 900})
    assert page.locator(".wayline").count() == 0


def test_a_mocked_seam_says_so(open_page: Any) -> None:
    page = open_page("shop").page
    page.locator("g.seamline[data-from=payment][data-to=payment_gateway] .hit").click()
    text = page.locator("#panel").inner_text()
    assert "Answered by a stand-in: unittest.mock.AsyncMock" in text
    assert "did not run" in text


def test_a_component_opens_all_its_seams(open_page: Any) -> None:
    page = open_page("shop").page
    page.locator(".room", has_text="inventory").click()
    panel = page.locator("#panel")
    headings = panel.locator("h3").all_inner_texts()
    assert headings == ["Calls", "Called by"]
    panel.locator("details", has_text="InventoryManager.reserve").locator("summary").first.click()
    panel.locator(".behaviour").wait_for()
    assert "items" in panel.locator(".behaviour").inner_text()


def test_the_keyboard_is_enough(open_page: Any) -> None:
    page = open_page("shop").page
    for _ in range(60):
        page.keyboard.press("Tab")
        label = page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
        if label.startswith("order to payment:"):
            break
    assert label == "order to payment: 1 seam, 1 exercised, 2 findings"
    page.keyboard.press("Enter")
    assert page.locator("#panel").is_visible()
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label


def test_the_panel_stays_on_what_was_chosen_when_a_finding_is_followed(open_page: Any) -> None:
    page = open_page("shop").page
    page.locator(f"{ARROW} .hit").click()
    page.locator("#panel .foundlist a").first.click()
    assert page.evaluate("document.querySelector(':target').className") == "finding error"
    assert page.locator("#panel").is_visible()


def test_gaps_in_the_tests_are_marked_on_their_own_line(open_page: Any) -> None:
    page = open_page("shop").page
    assert page.locator("g.ring.mocked-only").count() == 1
    assert page.locator("g.ring.unexercised").count() == 1  # the other one is accepted
    page.locator("#imports").check()
    assert page.locator("g.ring").count() == 2


def test_many_gaps_on_one_arrow_are_counted(open_page: Any) -> None:
    page = open_page("large").page
    counts = [int(text or "1") for text in page.locator("g.ring.unexercised text").all_text_contents()]
    inside = page.evaluate(INSIDE_GROUPS)
    assert sum(counts) + inside == 145


def test_the_table_names_the_rules_and_leads_to_their_findings(open_page: Any) -> None:
    page = open_page("shop").page
    row = page.locator("#seam-table tr", has_text="send_receipt")
    assert row.locator("a.tag").all_inner_texts() == ["DF201", "DF104"]
    row.locator("a.tag").last.click()
    assert "No test crosses" in page.locator("article:target").inner_text()


def test_what_a_rule_means_unfolds_under_its_findings(open_page: Any) -> None:
    page = open_page("shop").page
    meaning = page.locator("article.finding.error details.meaning").first
    meaning.locator("summary").click()
    meaning.locator(".prose").wait_for()
    assert meaning.locator("h4").all_inner_texts() == [
        "Example",
        "How to fix it",
        "When it is wrong",
        "Severity",
    ]
    assert page.locator("#rules .prose:visible").count() == 0


def test_a_rule_that_is_linked_to_unfolds(open_page: Any) -> None:
    page = open_page("shop").page
    page.evaluate("location.hash = 'rule-DF104'")
    page.locator("#rule-DF104 .prose").wait_for()
    assert "lets the caller reach the call" in " ".join(page.locator("#rule-DF104").inner_text().split())


def test_search_and_status_narrow_the_table(open_page: Any) -> None:
    page = open_page("shop").page
    rows = page.locator("#seam-table tbody tr:visible")
    assert rows.count() == 16
    page.locator("#search").fill("order payment")
    assert rows.all_inner_texts() != []
    assert all("process_payment" in text for text in rows.all_inner_texts())
    assert page.locator("#matches").inner_text() == "1 of 16 seams"
    page.locator("#search").fill("")
    page.locator("#status").select_option("unexercised")
    assert rows.count() == 2
    page.locator("#status").select_option("exercised")
    assert rows.count() == 13


def test_columns_sort_both_ways_and_say_so(open_page: Any) -> None:
    page = open_page("shop").page
    column = page.locator("#seam-table th", has_text="Crossings")

    def crossings() -> list[int]:
        cells = page.locator("#seam-table tbody tr td:nth-child(7)").all_inner_texts()
        return [int(text.replace(",", "")) for text in cells]

    column.locator("button").click()
    assert crossings() == sorted(crossings(), reverse=True)
    assert column.get_attribute("aria-sort") == "descending"
    column.locator("button").press("Enter")
    assert crossings() == sorted(crossings())
    assert column.get_attribute("aria-sort") == "ascending"


def test_components_have_a_table_of_their_own(open_page: Any) -> None:
    page = open_page("shop").page
    page.get_by_role("button", name="Components").click()
    assert page.locator("#component-table tbody tr:visible").count() == 8
    assert page.locator("#seam-table").is_hidden()
    assert page.locator("#matches").inner_text() == "8 components"


def test_dark_follows_the_reader_and_the_button(open_page: Any) -> None:
    page = open_page("shop", scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(16, 22, 29)"
    page.locator("#theme").click()
    assert page.evaluate(ground) == "rgb(245, 244, 240)"
    assert page.locator("#theme").inner_text() == "Dark"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(open_page: Any, contrast: str, scheme: str) -> None:
    page = open_page("shop", scheme=scheme).page
    page.locator("details.fold > summary").click()
    page.locator("details.meaning > summary").first.click()
    page.locator(f"{ARROW} .hit").click()
    assert page.evaluate(contrast) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_of_a_failure_can_be_read(open_page: Any, contrast: str, scheme: str) -> None:
    page = open_page("failed", scheme=scheme).page
    page.get_by_role("button", name="show the way of the failure on the map").click()
    assert page.evaluate(contrast) == []


@pytest.mark.parametrize("name", ["shop", "large"])
@pytest.mark.parametrize("width", [360, 375, 768])
def test_nothing_is_wider_than_a_small_screen(open_page: Any, name: str, width: int) -> None:
    page = open_page(name, width=width, height=812).page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator(".room").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [375, 1440])
def test_rooms_and_arrows_keep_clear_of_each_other(open_page: Any, width: int) -> None:
    page = open_page("shop", width=width).page
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(THROUGH_ROOMS) == []


def test_imports_without_a_call_are_drawn_when_asked_for(open_page: Any) -> None:
    page = open_page("shop").page
    line = page.locator("g.seamline[data-from=api][data-to=payment]")
    assert line.count() == 0
    page.get_by_label("imports without a call").check()
    assert line.get_attribute("aria-label") == "api to payment: import only"
    assert page.evaluate(THROUGH_ROOMS) == []


def test_the_map_is_drawn_anew_when_the_window_changes(open_page: Any) -> None:
    page = open_page("shop").page
    page.set_viewport_size({"width": 600, "height": 900})
    page.wait_for_function("() => document.getElementById('lines').getAttribute('width') < 600")
    assert page.evaluate(THROUGH_ROOMS) == []


def test_four_hundred_components_are_folded_and_unfold(open_page: Any) -> None:
    page = open_page("large").page
    rooms = page.locator(".room")
    assert rooms.count() == 8
    page.locator(".room.folded").nth(3).press("Enter")
    assert rooms.count() == 58
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(THROUGH_ROOMS) == []
    page.keyboard.press("Enter")
    assert rooms.count() == 8


def test_the_tables_are_there_without_the_script(browser: Any, files: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["shop"].as_uri())
    assert page.locator("#seam-table tbody tr").count() == 16
    assert page.locator("#component-table tbody tr").count() == 8
    assert page.locator("article.finding").count() == 9
    context.close()
