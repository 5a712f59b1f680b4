import menu
import recipes


def test_the_week_fills(monkeypatch):
    monkeypatch.setattr(recipes, "find", lambda name: f"recipe of {name}")
    before = menu.plan("soup")
    assert menu.plan("stew") == before + 1
