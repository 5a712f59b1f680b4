"""``dryfit check --replay-fakes`` in real sessions."""

from __future__ import annotations

import json

import pytest
from tests import plugins

STORE = """
    import sqlite3

    class Unknown(Exception):
        pass

    class Offline(Exception):
        pass

    class Store:
        def __init__(self, prices):
            self._prices = prices

        def price(self, sku):
            if sku not in self._prices:
                raise Unknown(sku)
            return self._prices[sku]

        def sort(self, skus):
            skus.sort()
            return skus[0]

        def keep(self, sku):
            with sqlite3.connect(":memory:") as connection:
                connection.execute("CREATE TABLE kept (sku)")
            return sku

        def count(self, sku):
            self._prices[sku] = self._prices.get(sku, 0) + 1
            return self._prices[sku]
"""
TILL = """
    from store import Offline, Unknown

    class Till:
        def __init__(self, store):
            self._store = store

        def ask(self, method, *given):
            try:
                return getattr(self._store, method)(*given)
            except (Unknown, Offline):
                return "refused"
"""
REAL = """
    from till import Till
    from store import Offline, Store, Unknown

    def test_real():
        till = Till(Store({"tea": 3}))
        assert [till.ask("price", sku) for sku in ("tea", "rum")] == [3, "refused"]
        assert till.ask("sort", ["b", "a"]) == "a"
        assert till.ask("keep", "tea") == "tea"
        assert [till.ask("count", "oil"), till.ask("count", "oil")] == [1, 2]
"""


@pytest.fixture
def shop(empty_project):
    """Gives the project with a fake of the store, which the tests hand in, and what they say of it."""

    def _shop(fake, test="    assert Till(FakeStore()).ask('price', 'tea') == 3"):
        files = {"store.py": STORE, "till.py": TILL, "test_real.py": REAL}
        empty_project.write(files)
        header = "from till import Till\nfrom store import Offline, Store, Unknown\n\n"
        text = f"{header}class FakeStore(Store):\n{fake}\ndef test_fake():\n{test}\n"
        (empty_project.root / "test_fake.py").write_text(text)
        return empty_project

    return _shop


def method(body, head="price(self, sku)", init="pass"):
    return f"    def __init__(self):\n        {init}\n\n    def {head}:\n        {body}\n"


def check(project, *arguments, **environment):
    """Check the interfaces, with replays."""
    return run(project, "--only", "interfaces", "--replay-fakes", *arguments, **environment)


def run(project, *arguments, **environment):
    return project.dryfit(
        "check",
        "--only",
        "data,interfaces",
        "--json",
        "report.json",
        *arguments,
        **plugins.only() | environment,
    )


def replayed(project):
    return [
        (finding["severity"], finding["message"])
        for finding in json.loads((project.root / "report.json").read_text())["findings"]
        if finding["evidence"].get("sub-kind") == ["replayed-outcome"]
    ]


def not_checked(ended):
    return " ".join(ended.out.split())


NONE = method("return {'tea': 3}.get(sku)")


def test_a_fake_is_compared_by_the_outcomes_of_the_same_input(shop):
    project = shop(NONE)
    ended = check(project)

    assert ended.status == 1, ended.out + ended.err
    assert replayed(project) == [
        (
            "error",
            "Given what Store.price of store got in test_real.py::test_real (sku: str), the fake FakeStore.price"
            " returned None, where the real one raised store.Unknown.",
        )
    ]


def test_nothing_is_replayed_unless_it_is_asked_for(shop):
    project = shop(method("open('called', 'a').write('x'); return {'tea': 3}.get(sku)"))

    assert run(project).status == 0
    assert (project.root / "called").read_text() == "x"
    assert run(project, "--replay-fakes").status == 1
    assert (project.root / "called").read_text() == "xxxx"  # the test again, and two inputs


def test_it_can_be_configured(shop):
    project = shop(NONE)
    project.write({"pyproject.toml": "[tool.dryfit]\nreplay-fakes = true\n"})

    assert run(project).status == 1
    assert len(replayed(project)) == 1
    assert run(project, "--only", "data").status == 0
    assert run(project, DRYFIT_REPLAY_FAKES="false").status == 0
    assert replayed(project) == []


def test_it_is_refused_where_nothing_would_come_of_it(shop):
    ended = run(shop(NONE), "--only", "data", "--replay-fakes")

    assert ended.status == 2
    assert (
        ended.err.strip()
        .splitlines()[-1]
        .endswith(
            "--replay-fakes: only the interfaces check replays fakes, and --only leaves it out (data);"
            " add interfaces there, or leave the option out"
        )
    )


@pytest.mark.parametrize(
    "fake",
    [
        method("return 3"),
        method("print('never', sku)", "price(self, sku, quietly=True)")
        + "        return 3 if quietly else ''\n",
        method("self.asked.append(sku); return 3", init="self.asked = []"),
    ],
    ids=["canned", "talks", "records"],
)
def test_a_fake_with_answers_of_its_own_is_silent(shop, fake):
    project = shop(fake)
    ended = check(project)

    assert replayed(project) == [], ended.out
    assert "never" not in ended.out + ended.err


@pytest.mark.parametrize(
    "refusal",
    [
        "raise Offline",
        "raise SystemExit(7)",
        "raise AssertionError('not asked')",
        "raise BaseException",
        "exit()",
    ],
)
def test_a_fake_that_breaks_off_harms_nobody(shop, refusal):
    body = f"if sku != 'tea':\n            {refusal}\n        return 3"
    project = shop(method(body))
    ended = check(project)

    assert ended.status == (1 if refusal == "raise Offline" else 0), ended.out + ended.err
    assert len(replayed(project)) == (1 if refusal == "raise Offline" else 0)


def test_a_broken_line_is_no_refusal(shop):
    body = "if self.down:\n            raise Offline\n        return 3"
    test = "    fake = FakeStore()\n    assert Till(fake).ask('price', 'tea') == 3\n    fake.down = True\n"
    test += "    assert Till(fake).ask('price', 'tea') == 'refused'"
    project = shop(method(body, init="self.down = False"), test)

    assert check(project).status == 0
    assert replayed(project) == []


@pytest.mark.parametrize(
    ("head", "given", "reason"),
    [
        ("keep(self, sku)", "'tea'", "the real one has an effect: sqlite3."),
        ("sort(self, skus)", "['b']", "the real one changes its arguments"),
        ("count(self, sku)", "'oil'", "the same input of the real one led to different outcomes"),
    ],
)
def test_only_what_depends_on_its_input_alone_is_asked_about(shop, head, given, reason):
    name = head.partition("(")[0]
    project = shop(method("return 3", head), f"    assert Till(FakeStore()).ask('{name}', {given}) == 3")
    ended = check(project)

    assert f"replay of fakes of store.Store.{name}: {reason}" in not_checked(ended)


def test_the_state_of_a_fake_has_to_be_plain(shop):
    project = shop(method("return self.kept.get(sku)", init="self.kept = {'tea': 3}; self.lock = object()"))
    ended = check(project)

    assert "replay of FakeStore.price: the fake holds a value of type object" in not_checked(ended)
    assert replayed(project) == []


def test_objects_of_the_tests_are_left_alone(shop):
    body = "self.asked.append(sku); return {'tea': 3}.get(sku)"
    test = "    assert Till(KEPT).ask('price', 'tea') == 3"
    project = shop(method(body, init="self.asked = []") + "\nKEPT = FakeStore()\n", test)
    project.write(
        {
            "conftest.py": """
                import pytest

                @pytest.hookimpl(trylast=True)
                def pytest_unconfigure():
                    import test_fake
                    print("asked", test_fake.KEPT.asked)
            """
        }
    )
    ended = check(project)

    assert "asked ['tea']" in ended.out
    assert len(replayed(project)) == 1


def test_functions_of_libraries_are_compared_too(empty_project):
    empty_project.write(
        {
            "lan.py": """
                import ipaddress

                def version(text):
                    try:
                        return ipaddress.ip_address(text).version
                    except ValueError:
                        return 0
            """,
            "test_lan.py": """
                import ipaddress
                from types import SimpleNamespace

                import lan

                def test_fake(monkeypatch):
                    numbers = {"::1": 6}
                    def address(text):
                        if text not in numbers:
                            raise KeyError(text)
                        return SimpleNamespace(version=numbers[text])
                    monkeypatch.setattr(ipaddress, "ip_address", address)
                    assert lan.version("::1") == 6

                def test_real():
                    assert [lan.version("::1"), lan.version("nowhere")] == [6, 0]
            """,
        }
    )
    check(empty_project)

    assert [message.partition("the fake ")[2] for _, message in replayed(empty_project)] == [
        "test_fake.<locals>.address raised KeyError, where the real one raised ValueError."
    ]


def test_workers_replay_what_they_have_seen(shop):
    project = shop(NONE)
    real = (project.root / "test_real.py").read_text().partition("def test_real")[2]
    with (project.root / "test_fake.py").open("a") as file:
        file.write(f"\n\ndef test_real{real}")
    (project.root / "test_real.py").unlink()
    ended = check(
        project, "--workers", "2", "--dist", "loadfile", PYTEST_PLUGINS="dryfit.pytest_plugin,xdist.plugin"
    )

    assert len(replayed(project)) == 1, ended.out + ended.err


def test_no_value_is_written_down(shop):
    secret = "correct horse"
    test = "    assert Till(FakeStore()).ask('price', 'tea') == 3\n"
    test += f"    assert Till(Store({{}})).ask('price', '{secret}') == 'refused'"
    project = shop(NONE, test)

    assert run(project, "--replay-fakes").status == 1
    kept = [
        path for path in (project.root / ".dryfit").rglob("*") if path.suffix != ".html" and path.is_file()
    ]
    assert kept
    assert not any(secret.encode() in path.read_bytes() for path in kept)
