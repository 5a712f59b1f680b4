"""What can't be read is one clear line, and the rest goes on."""

from __future__ import annotations

import sys
import warnings

import pytest

from dryfit.discover import project_map as module_under_test
from dryfit.discover import survey


def problems(project):
    return [f"{problem.place}: {problem.message}" for problem in project.problems]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"def broken(:\n", "broken.py:1: the file can't be parsed (invalid syntax)"),
        (b"x = '\xff'\n", "can't be parsed"),
        (
            b"# coding: utf-16\n",
            "is not utf-16-le text (byte 16)"
            if sys.version_info < (3, 14)
            else "can't be parsed (invalid or missing encoding declaration)",
        ),
        (b"# coding: klingon\n", "can't be parsed (unknown encoding"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", "is not ascii text (byte 21)"),
        (b"x = 1\0\n", "can't be parsed"),
        (b"x = " + b"(" * 500 + b")" * 500, "can't be parsed"),
        (b"x = a" + b".b()" * 5000, "can't be parsed"),
    ],
)
def test_a_file_that_cannot_be_read(tree, content, message):
    tree.write({"order.py": "import broken, payment\npayment.pay()\n", "payment.py": "def pay(): ...\n"})
    (tree.root / "broken.py").write_bytes(content)

    project = survey(tree.root)

    assert [component.name for component in project.components] == ["order", "payment"]
    assert len(project.call_sites) == 1
    (problem,) = problems(project)
    assert problem.startswith("broken.py:")
    assert message in problem


def test_a_component_keeps_its_place_as_long_as_one_of_its_files_can_be_read(tree):
    project = tree.map(
        {"shop/__init__.py": "", "shop/cart.py": "def (:", "web.py": "import shop.cart"}, "shop", "web"
    )

    assert [component.name for component in project.components] == ["shop", "web"]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfx = 1\n", "# coding: latin-1\nx = 'é'\n".encode("latin-1"), b"x = 1\r\n", b""]
)
def test_a_file_in_another_coding_is_no_problem(tree, content):
    (tree.root / "order.py").write_bytes(content)

    assert survey(tree.root).problems == ()


def test_a_warning_about_the_projects_source_is_not_ours(tree):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        project = tree.flat(order="x = '\\d'\n")

    assert project.problems == ()


def test_an_empty_project(tree):
    project = survey(tree.root)

    assert project.components == ()
    (problem,) = problems(project)
    assert "no Python module was found" in problem


def test_an_unknown_component(tree):
    project = tree.map({"order.py": "", "payment.py": ""}, "order", "paymnet")

    (problem,) = problems(project)
    assert "no module or package of the project is called 'paymnet'; the nearest name is 'payment'" in problem


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "import no_such_module_anywhere\n",
            "order.py:1: imports `no_such_module_anywhere`, which is neither in",
        ),
        (
            "from no_such_module_anywhere.x import y\n",
            "order.py:1: imports `no_such_module_anywhere`, which is neither",
        ),
        ("import payment.missing\n", "order.py:1: imports `payment.missing`, which is not in the project"),
    ],
)
def test_a_missing_module(tree, source, problem):
    found = problems(
        tree.flat(order=f"{source}import no_such_module_anywhere\n" * 2, payment="def pay(): ...\n")
    )

    assert found[0].startswith(problem)
    assert len(found) == len({line.split("`")[1] for line in found})


@pytest.mark.parametrize(
    "source",
    [
        "import json, os.path\n",
        "import pytest\n",
        "import payment\n",
        "try:\n    import no_such_module\nexcept ImportError:\n    pass\n",
        "try:\n    import json\nexcept ImportError:\n    import no_such_module\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import no_such_module\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import no_such_module\n",
        "def f():\n    import no_such_module\n",
        "import sys\nif sys.version_info < (3, 2):\n    import no_such_module\n",
        "import conftest, scripts.deploy, speedups\n",
    ],
)
def test_a_module_that_is_there_or_may_miss(tree, source):
    tree.write({"conftest.py": "", "scripts/deploy.py": "", "speedups.cpython-311-x86_64-linux-gnu.so": ""})

    assert problems(tree.flat(order=source, payment="")) == []


def test_looking_for_a_module_imports_nothing(tree, monkeypatch):
    tree.write(
        {
            "shop_that_exits/__init__.py": "raise SystemExit(1)\n",
            "shop_that_exits/a.py": "",
            "other/__init__.py": "",
        }
    )
    tree.write({"other/b.py": "import shop_that_exits.a\nimport shop_that_exits.missing\n"})
    monkeypatch.syspath_prepend(tree.root)

    survey(tree.root)

    assert "shop_that_exits" not in sys.modules


def test_progress_is_told(tree):
    told = []
    survey(
        tree.write({f"m{number}.py": "" for number in range(60)}).root,
        progress=lambda *done: told.append(done),
    )

    assert told == [(50, 60), (60, 60)]


def test_workers_find_the_same(tree, monkeypatch):
    modules = {
        f"m{number}.py": f"import m{number + 1}\nm{number + 1}.run()\ndef run(): ...\n"
        for number in range(120)
    }
    tree.write({**modules, "broken.py": "("})
    alone = survey(tree.root)
    monkeypatch.setattr(module_under_test, "ENOUGH_FOR_WORKERS", 10)
    monkeypatch.setattr(module_under_test, "_cores", lambda: 2)

    assert survey(tree.root) == alone
    assert len(alone.call_sites) == 119
