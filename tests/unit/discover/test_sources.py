"""Which folders and files become components."""

from __future__ import annotations

import os

import pytest

FUNCTION = "def run():\n    return 1\n"


def test_flat_modules(tree):
    tree.write({"order.py": FUNCTION, "payment.py": FUNCTION})

    assert tree.names() == ["order", "payment"]


def test_modules_know_their_dotted_names_and_files(tree):
    found = tree.write(
        {"src/shop/__init__.py": "", "src/shop/order/__init__.py": "", "src/shop/order/lines.py": ""}
    )

    (component,) = [each for each in found.found().components if each.name == "shop.order.lines"]
    assert [(module.name, module.file) for module in component.modules] == [
        ("shop.order.lines", "src/shop/order/lines.py")
    ]


def test_one_package_is_split_into_its_parts(tree):
    tree.write(
        {"shop/__init__.py": "", "shop/order.py": "", "shop/stock/__init__.py": "", "shop/stock/count.py": ""}
    )

    assert tree.names() == ["shop.order", "shop.stock"]


@pytest.mark.parametrize(
    ("source", "is_component"),
    [
        ('"""Only words."""\nfrom shop.order import place\n__all__ = ["place"]\n', False),
        ("from shop.order import place\n\ndef start():\n    place()\n", True),
        ("import shop.order\napp = shop.order.make()\n", True),
        ("this is no Python", True),
    ],
)
def test_a_packages_own_init_counts_if_it_has_code(tree, source, is_component):
    tree.write({"shop/__init__.py": source, "shop/order.py": FUNCTION, "shop/stock.py": FUNCTION})

    assert ("shop" in tree.names()) is is_component


def test_an_init_that_only_hands_on_is_still_read(tree):
    tree.write({"shop/__init__.py": "", "shop/order.py": "", "shop/stock.py": ""})

    assert [module.name for module in tree.found().others] == ["shop"]


def test_several_packages_are_a_component_each(tree):
    tree.write(
        {"shop/__init__.py": "", "shop/order.py": "", "billing/__init__.py": "", "billing/bill.py": ""}
    )

    assert tree.names() == ["billing", "shop"]


def test_a_folder_of_scripts_beside_the_one_package_leaves_it_the_one(tree):
    tree.write(
        {
            "shop/__init__.py": "",
            "shop/order.py": FUNCTION,
            "shop/stock.py": FUNCTION,
            "docker/wait.py": FUNCTION,
            "etc/gunicorn.py": "",
        }
    )

    assert tree.names() == ["docker", "etc", "shop.order", "shop.stock"]


def test_a_package_beside_flat_modules(tree):
    tree.write({"shop/__init__.py": "", "shop/order.py": "", "shop/stock.py": "", "main.py": FUNCTION})

    assert tree.names() == ["main", "shop.order", "shop.stock"]


def test_src_layout(tree):
    tree.write(
        {"src/order.py": "", "src/payment.py": "", "tools.py": "", "pyproject.toml": "[project]\nname='x'\n"}
    )

    assert tree.names() == ["order", "payment"]


def test_an_unpackaged_src_that_is_imported_by_name_is_a_package(tree):
    tree.write({"src/order.py": "from src.payment import pay\n", "src/payment.py": FUNCTION})

    assert tree.names() == ["src.order", "src.payment"]


def test_namespace_packages(tree):
    tree.write({"acme/billing/__init__.py": "", "acme/billing/bill.py": "", "acme/shipping/parcel.py": ""})

    assert tree.names() == ["acme.billing", "acme.shipping"]


@pytest.mark.parametrize("packed", [{}, {"pyproject.toml": "[project]\nname='x'\n"}])
def test_namespace_packages_in_the_src_layout(tree, packed):
    tree.write({"src/acme/billing/bill.py": "", "src/acme/shipping/parcel.py": "", "setup.py": "", **packed})

    assert tree.names() == ["acme.billing", "acme.shipping"]


def test_tools_deep_below_src_do_not_hide_the_package_beside_it(tree):
    tree.write(
        {"shop/__init__.py": "", "shop/order.py": "", "src/web/build/bundle.py": "", "pyproject.toml": ""}
    )

    assert "shop.order" in tree.names()


def test_a_namespace_around_one_package_is_looked_through(tree):
    tree.write({"acme/shop/__init__.py": "", "acme/shop/order.py": "", "acme/shop/stock.py": ""})

    assert tree.names() == ["acme.shop.order", "acme.shop.stock"]


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_order.py", "test_order.py", "order_test.py", "conftest.py", "setup.py", "noxfile.py", "manage.py",
        "docs/conf.py", "examples/demo.py", "benchmarks/speed.py", "scripts/deploy.py", "build/lib/order.py",
        ".tox/lib/thing.py", "node_modules/gyp/gyp.py", "vendor/six.py", "not-a-name/thing.py", "not-a-name.py",
        "myenv/lib/thing.py", "other/src/thing.py", "__pycache__/order.py",
    ],
)  # fmt: skip
def test_what_is_no_component(tree, path):
    tree.write({"order.py": FUNCTION, "myenv/pyvenv.cfg": "", "other/pyproject.toml": "", path: FUNCTION})

    assert tree.names() == ["order"]


def test_tests_inside_packages_are_left_out(tree):
    files = [
        "shop/order/__init__.py",
        "shop/order/lines.py",
        "shop/order/tests/test_lines.py",
        "shop/order/tests.py",
    ]
    tree.write(dict.fromkeys([*files, "shop/order/test_more.py", "shop/stock.py"], FUNCTION))

    order = tree.found().components[0]
    assert [module.name for module in order.modules] == ["shop.order", "shop.order.lines"]


def test_test_folders_with_other_names_are_told_by_pytest(tree):
    tree.write({"order.py": "", "checks/order_checks.py": "", "pytest.ini": "[pytest]\ntestpaths = checks\n"})

    assert tree.names() == ["order"]


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['lib']\n"),
        ("pytest.ini", "[pytest]\npythonpath = lib\n"),
        ("setup.cfg", "[tool:pytest]\npythonpath = lib\n"),
        ("pyproject.toml", "[tool.setuptools.packages.find]\nwhere = ['lib']\n"),
        ("pyproject.toml", "[tool.hatch.build.targets.wheel]\npackages = ['lib/order']\n"),
        ("pyproject.toml", "[tool.poetry]\npackages = [{include = 'order', from = 'lib'}]\n"),
    ],
)
def test_import_folders_are_told_by_the_configuration(tree, file, settings):
    tree.write({"lib/order.py": "", "lib/payment.py": "", "task.py": "", file: settings})

    assert tree.names() == ["order", "payment"]


def test_a_folder_that_pytest_adds_hides_no_package_beside_it(tree):
    files = ["shop/__init__.py", "shop/stock.py", "tools/release.py", "tests/__init__.py"]
    settings = "[project]\nname = 'shop'\n[tool.pytest.ini_options]\npythonpath = ['tools']\n"
    tree.write(dict.fromkeys(files, FUNCTION) | {"pyproject.toml": settings})

    assert set(tree.found().component_of()) == {"release", "shop", "shop.stock"}


def test_a_broken_configuration_is_one_problem_and_the_rest_goes_on(tree):
    found = tree.write({"order.py": "", "pyproject.toml": "[tool.pytest"}).found()

    assert [component.name for component in found.components] == ["order"]
    (problem,) = found.problems
    assert "pyproject.toml can't be read" in problem.message


def test_patterns_match_part_by_part(tree):
    files = ["shop/__init__.py", "shop/order/__init__.py", "shop/order/lines.py", "shop/stock.py", "other.py"]
    tree.write(dict.fromkeys(files, FUNCTION))

    assert tree.names("shop.*") == ["shop.order", "shop.stock"]
    assert tree.names("shop.order.*", "shop.st?ck") == ["shop.order.lines", "shop.stock"]


def test_the_longest_wanted_name_claims_a_module(tree):
    tree.write(
        dict.fromkeys(
            ["shop/__init__.py", "shop/order/__init__.py", "shop/order/lines.py", "shop/a.py"], FUNCTION
        )
    )

    components = {
        each.name: [module.name for module in each.modules]
        for each in tree.found("shop", "shop.order").components
    }
    assert components == {"shop": ["shop", "shop.a"], "shop.order": ["shop.order", "shop.order.lines"]}


def test_an_explicit_name_may_be_one_that_is_left_out_otherwise(tree):
    tree.write({"order.py": "", "scripts/deploy.py": ""})

    assert tree.names("order", "scripts") == ["order", "scripts"]


def test_an_unknown_name_is_a_problem_with_the_nearest_one(tree):
    found = tree.write({"order.py": "", "payment.py": ""}).found("order", "paymnet")

    assert [component.name for component in found.components] == ["order"]
    (problem,) = found.problems
    assert "'paymnet'" in problem.message
    assert "'payment'" in problem.message


def test_an_empty_project_is_a_problem(tree):
    found = tree.found()

    assert found.components == ()
    (problem,) = found.problems
    assert "no Python module was found" in problem.message


def test_loops_of_symbolic_links_end(tree):
    tree.write({"shop/__init__.py": "", "shop/order.py": "", "shop/stock.py": ""})
    os.symlink(tree.root / "shop", tree.root / "shop" / "again")
    os.symlink(tree.root, tree.root / "shop" / "up")

    assert tree.names() == ["shop.order", "shop.stock"]


def test_broken_links_are_passed_over(tree):
    tree.write({"order.py": ""})
    os.symlink(tree.root / "nowhere.py", tree.root / "gone.py")

    assert tree.names() == ["order"]


def test_nothing_is_executed(tree):
    tree.write(
        {
            "shop/__init__.py": "raise SystemExit(1)\n",
            "shop/order.py": "raise SystemExit(1)\n",
            "shop/b.py": "",
        }
    )

    assert tree.names() == ["shop", "shop.b", "shop.order"]
