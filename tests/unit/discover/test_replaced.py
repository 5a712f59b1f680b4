"""The names that tests replace, as their source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.discover.replaced import replaced_names

CASES = {
    "a text": ('patch("shop.gateway.charge")', {"shop.gateway.charge"}),
    "a text, of the module": ('mock.patch("gateway.charge", return_value=1)', {"gateway.charge"}),
    "by mocker": ('mocker.patch("gateway.charge")', {"gateway.charge"}),
    "monkeypatch with a text": ('monkeypatch.setattr("gateway.charge", fake)', {"gateway.charge"}),
    "monkeypatch with a module": (
        'import gateway\nmonkeypatch.setattr(gateway, "charge", fake)',
        {"gateway.charge"},
    ),
    "monkeypatch of what is there or not": (
        'import gateway\nmonkeypatch.setattr(gateway, "charge", fake, raising=False)',
        {"gateway.charge"},
    ),
    "an attribute of a module": ('import gateway\npatch.object(gateway, "charge")', {"gateway.charge"}),
    "under another name": ('import shop.gateway as g\npatch.object(g, "charge")', {"shop.gateway.charge"}),
    "by its dotted name": ('import shop.gateway\npatch.object(shop.gateway, "x")', {"shop.gateway.x"}),
    "of a class": (
        'from shop.gateway import Gateway as G\nmock.patch.object(G, "pay")',
        {"shop.gateway.Gateway.pay"},
    ),
    "of a class in a module": (
        'from shop import gateway\nmocker.patch.object(gateway.Gateway, "pay")',
        {"shop.gateway.Gateway.pay"},
    ),
    "a spy": ('import gateway\nmocker.spy(gateway, "charge")', {"gateway.charge"}),
    "a decorator": ('@patch("gateway.charge")\ndef test_it(charge): ...', {"gateway.charge"}),
    "decorators of a class": (
        '@patch("a.b")\n@mock.patch("c.d", autospec=True)\nclass TestIt: ...',
        {"a.b", "c.d"},
    ),
    "a context in a function": (
        'def test_it():\n    import gateway\n    with patch.object(gateway, "charge") as it: ...',
        {"gateway.charge"},
    ),
    "several": ('patch("a.b"); patch("c.d"); patch("a.b")', {"a.b", "c.d"}),
    "a name that is not imported": ('patch.object(gateway, "charge")', set()),
    "a name of the tests' own package": ('from . import gateway\npatch.object(gateway, "x")', set()),
    "a text that is made": ('patch(f"{module}.charge")', set()),
    "a name that is made": ("import gateway\npatch.object(gateway, name)", set()),
    "no dot": ('patch("charge")', set()),
    "no arguments": ("patch()", set()),
    "another call": ('sent("gateway.charge")', set()),
    "an environment variable": ('monkeypatch.setenv("SHOP.URL", "x")', set()),
    "what a call gives": ('import gateway\npatch.object(gateway.make(), "pay")', set()),
}


@pytest.mark.parametrize("case", CASES)
def test_a_replaced_name(tmp_path: Path, case: str) -> None:
    source, expected = CASES[case]
    file = tmp_path / "test_it.py"
    file.write_text(source, "utf-8")
    assert replaced_names([str(file)]) == expected


def test_files_that_cannot_be_read_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text('patch("a.b")\ndef', "utf-8")
    (tmp_path / "null.py").write_bytes(b'patch("a.b")\0')
    (tmp_path / "strange.py").write_bytes(b"# coding: nowhere\n")
    (tmp_path / "whole.py").write_bytes('# coding: latin-1\npatch("c.d")  # \xe9'.encode("latin-1"))
    names = ("broken.py", "null.py", "strange.py", "missing.py", "whole.py")
    assert replaced_names([str(tmp_path / name) for name in names]) == {"c.d"}
