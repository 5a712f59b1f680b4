"""What is imported while the tests run is woven too."""

import gc
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

CALLEE = "def f():\n    return 1\nclass A:\n    def m(self):\n        return 2\n"


def test_a_component_imported_inside_a_test(program, recorder):
    program.write(
        callee=CALLEE, caller="def go():\n    import callee\n    return callee.f() + callee.A().m()"
    )
    caller = program.load("caller")
    weave = program.weave(recorder)
    assert caller.go() == 3
    assert recorder.names == ["caller.go", "callee.f", "callee.A.m"]
    weave.take_out()
    assert "dryfit" not in sys.modules["callee"].f.__code__.co_filename


def test_a_reloaded_module(program, recorder):
    program.write(callee=CALLEE, caller="import callee\ndef go():\n    return callee.f()")
    caller, callee = program.load("caller"), program.load("callee")
    program.weave(recorder)
    old = callee.f
    assert importlib.reload(callee) is callee
    assert callee.f is not old
    assert caller.go() == old() == 1
    assert recorder.names.count("callee.f") == 2


def test_a_module_removed_and_imported_again(program, recorder):
    program.write(callee=CALLEE, caller="def go():\n    import callee\n    return callee.f()")
    caller, first = program.load("caller"), program.load("callee")
    weave = program.weave(recorder)
    caller.go()
    del sys.modules["callee"]
    caller.go()
    assert sys.modules["callee"] is not first
    assert recorder.names.count("callee.f") == 2
    weave.take_out()
    assert first.f.__code__.co_filename == first.__file__


def test_a_large_module_whose_functions_grow_old_while_it_is_imported(program, recorder):
    many = "\n".join(f"def f{n}(x=[{n}]):\n    return x" for n in range(3000))
    program.write(
        callee=many + "\nkept = [[n] for n in range(20_000)]\n",
        caller="def go():\n    import callee\n    return callee.f0() + callee.f2999()",
    )
    caller = program.load("caller")
    program.weave(recorder)
    assert gc.isenabled()
    assert caller.go() == [0, 2999]
    assert recorder.names == ["caller.go", "callee.f0", "callee.f2999"]
    assert gc.isenabled()


def test_components_that_import_each_other_late(program, recorder):
    program.write(
        callee="import below\ndef f():\n    return below.g()",
        below="def g():\n    return 1",
        caller="def go():\n    import callee\n    return callee.f()",
    )
    caller = program.load("caller")
    program.weave(recorder)
    assert caller.go() == 1
    assert recorder.names == ["caller.go", "callee.f", "below.g"]


def test_a_late_module_that_fails_to_import(program, recorder):
    program.write(
        callee="def f():\n    return 1\nraise ValueError('broken')", caller="def go():\n    import callee"
    )
    caller = program.load("caller")
    program.weave(recorder)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            caller.go()
    assert recorder.seen[-1].outcome == "raised ValueError"
    assert "callee" not in sys.modules


def test_a_module_that_pytest_rewrites_is_woven_before_the_next_test(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3] / "src"))
    folder = str(pytester.path)
    pytester.makepyfile(
        callee="def check(x):\n    assert x == 1",
        caller="def go(x):\n    import callee\n    callee.check(x)",
        conftest=f"""
        from pathlib import Path
        import pytest
        from dryfit.weave import Weave
        pytest.register_assert_rewrite("callee")
        names = ("callee", "caller")
        files = {{{folder!r} + "/" + name + ".py": name for name in names}}
        weave = Weave(Path({folder!r}), files, {{name: name for name in names}})
        seen = []
        class Probe:
            def before(self, crossing):
                seen.append(crossing.callee.name)
            def after(self, crossing, outcome):
                return outcome
        weave.put_in(Probe())
        @pytest.fixture(autouse=True)
        def begun(request):
            weave.begin_test(request.node.nodeid)
        """,
        test_it="""
        import caller, conftest, pytest
        def test_first():
            caller.go(1)
        def test_second():
            conftest.seen.clear()
            with pytest.raises(AssertionError, match="assert 2 == 1"):
                caller.go(2)
            assert conftest.seen == ["caller.go", "callee.check"]
        """,
    )
    pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider").assert_outcomes(passed=2)


@pytest.mark.filterwarnings("ignore::ImportWarning")
def test_beside_a_finder_of_an_old_kind(program, recorder, monkeypatch):
    program.write(callee=CALLEE, caller="def go():\n    import callee\n    return callee.f()")
    caller = program.load("caller")
    old = SimpleNamespace(find_module=lambda name, path=None: None)  # as Python had them before it had specs
    monkeypatch.setattr(sys, "meta_path", [old, *sys.meta_path])
    program.weave(recorder)

    assert caller.go() == 1
    assert "callee.f" in recorder.names
