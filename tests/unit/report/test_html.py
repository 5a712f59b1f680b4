"""The page: everything in it, nothing that escapes from it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dryfit.model.finding import RULES, Fact
from dryfit.model.run import Run
from dryfit.model.seam import Place
from dryfit.report import html
from dryfit.report.jsontext import embed

VOID = {"meta", "link", "input", "wbr", "br", "path", "rect", "circle"}


class Balance(HTMLParser):
    """Counts what was opened and not closed, and collects text, ids and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("src", "href", "action") and value:
                self.addresses.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(page: str) -> Balance:
    balance = Balance()
    balance.feed(page)
    balance.close()
    return balance


@pytest.fixture(scope="module")
def page(shop: Run, sample: ModuleType) -> str:
    return html.page(shop, sample.SOURCES)


def test_it_is_balanced_and_no_id_comes_twice(page: str) -> None:
    balance = parsed(page)
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids))


def test_it_asks_for_nothing(page: str) -> None:
    assert [address for address in parsed(page).addresses if not address.startswith(("#", "data:"))] == []
    assert "@import" not in page
    assert "url(http" not in page


def test_every_finding_is_there_with_its_meaning_and_its_command(page: str, shop: Run) -> None:
    balance = parsed(page)
    text = "".join(balance.text)
    for finding in shop.findings:
        assert finding.id in balance.ids
        assert finding.message in text
        assert (f"dryfit accept {finding.id} " in text) == (finding.accepted is None)
    assert all(rule.meaning in text for rule in RULES if rule.id in {found.rule for found in shop.findings})
    assert "Cancelling is switched off until the refunds are there." in text


def test_no_command_that_does_not_exist(page: str) -> None:
    assert "dryfit replay" not in page


def test_source_lines_are_marked_and_lose_their_common_indentation(sample: ModuleType) -> None:
    lines = html.around(Place("order.py", 20), sample.SOURCES)
    assert [line.number for line in lines] == list(range(17, 24))
    assert [line.number for line in lines if line.marked] == [20]
    assert lines[3].text == "result = self.payments.process_payment(order.id, float(total))"
    assert lines[5].text == "    self.stock.release(order.items)"


@pytest.mark.parametrize(
    "place", [Place("order.py", 0), Place("order.py", 999), Place("gone.py", 3), Place("", 0)]
)
def test_a_place_without_source_has_none(place: Place, sample: ModuleType) -> None:
    assert html.around(place, sample.SOURCES) == ()


def test_markup_in_what_users_wrote_stays_text(shop: Run, sample: ModuleType) -> None:
    evil = '<img src=x onerror="alert(1)"></script><script>alert(2)</script>'
    (finding, *rest) = shop.findings
    marked = replace(finding, message=evil, evidence=(Fact(evil, evil),), test=evil, accepted=None)
    warnings = replace(shop.observations, warnings=(evil,))
    page = html.page(
        replace(shop, findings=(marked, *rest), observations=warnings), {"order.py": (evil,) * 30}
    )
    balance = parsed(page)
    assert page.count("<script") == 2
    assert "x" not in balance.addresses
    assert "".join(balance.text).count(evil) >= 5


def test_the_policy_lets_only_its_own_script_run(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1] or "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<[^>]+\son[a-z]+=", page.split("<script")[0])


def test_the_data_is_json_that_cannot_end_its_element(page: str) -> None:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    assert not set("<>&") & set(found[1])
    data = json.loads(found[1])
    assert len(data["seams"]) == 17
    assert {room["name"] for room in data["rooms"] if room["floor"] < 0} == {"httpx", "smtplib", "sqlalchemy"}


def test_embedded_json_is_the_same_json() -> None:
    value = {"a": "</script><!-- \u2028 & é"}
    assert json.loads(embed(value)) == value


def test_each_rule_that_found_something_is_explained_once(page: str, shop: Run) -> None:
    balance = parsed(page)
    found = {finding.rule for finding in shop.findings}
    assert {name for name in balance.ids if name.startswith("rule-")} == {f"rule-{each}" for each in found}
    assert {f"#rule-{each}" for each in found} <= set(balance.addresses)
    assert page.count("Hand the value on as it is, and narrow it where it leaves the program") == 1


def test_findings_of_one_rule_that_are_many_are_folded(large: Run) -> None:
    (group,) = html.finding_groups(large, {})
    assert (group.title, group.count, len(group.cards)) == ("DF104 unexercised-seam", "145 warnings", 145)
    assert html.page(large, {}).count("<summary>DF104: No test crosses this seam.</summary>") == 1


def test_what_is_folded_stands_where_its_gravest_does(shop: Run) -> None:
    (contradiction,) = [found for found in shop.findings if found.rule == "DF202"]
    many = [replace(contradiction, id=f"DF202-{n:06}", severity="warning") for n in range(html.FOLD_ABOVE)]
    groups = html.finding_groups(replace(shop, findings=(*shop.findings, *many)), {})
    (folded,) = [group for group in groups if group.rule is not None]
    assert (folded.title, folded.count) == ("DF202 annotation-violation", "1 error, 10 warnings")
    assert folded.cards[0].finding == contradiction
    graves = [group.severity for group in groups[:-1]]
    assert graves == sorted(graves, key=html.SEVERITIES.index)
    assert groups[-1].title == "Accepted"


def test_a_run_with_nothing_in_it(shop: Run) -> None:
    empty = Run(
        shop.info,
        replace(shop.project, components=(), imports=(), call_sites=()),
        replace(shop.observations, behaviours=()),
    )
    text = "".join(parsed(html.page(empty, {})).text)
    assert "No seam between components was found." in text
    assert "Nothing was found by the checks that ran: none ran." in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 µs"), (0.00034, "340 µs"), (0.0125, "12.5 ms"), (1.25, "1.2 s"), (90.0, "90.0 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert html.duration(seconds) == text


def test_component_rows_count_both_sides(shop: Run) -> None:
    rows = {row.name: row for row in html.component_rows(shop)}
    assert next(iter(rows)) == "api"
    assert (rows["order"].counts.seams, rows["order"].counts.exercised) == (6, 4)
    assert rows["order"].statuses == ("exercised", "unexercised")


@settings(max_examples=25)  # each compiles the template anew
@given(data=st.data())
def test_any_run_becomes_a_page(data: st.DataObject, runs: SearchStrategy[Run]) -> None:
    run = data.draw(runs)
    balance = parsed(html.page(run, {}))
    assert balance.open == []
    assert {finding.id for finding in run.findings} <= set(balance.ids)


def test_a_list_of_tests_makes_the_first_of_them_superfluous(shop: Run) -> None:
    (finding, *_) = shop.findings
    alone = html.FindingCard(finding, "", ())
    listed = html.FindingCard(replace(finding, evidence=(Fact("tests", ("a", "b")),)), "", ())
    assert [fact.name for fact in alone.facts][-1] == "test"
    assert [fact.name for fact in listed.facts] == ["tests"]
