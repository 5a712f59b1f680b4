"""A test that is run again in process runs as it did the first time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dryfit.lab.lab import Lab
from dryfit.model.seam import Place, Seam
from dryfit.model.trial import Experiment, Fault, Point, Trial

RUNS = 100

KINDS = {
    "pyproject.toml": """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        asyncio_default_fixture_loop_scope = "function"
        addopts = ["--doctest-modules"]
        filterwarnings = ["error"]
        markers = ["slow: takes its time"]
    """,
    "words.py": '''
        def shout(word):
            """Louder.

            >>> shout("tea")
            'TEA'
            """
            return word.upper()
    ''',
    "conftest.py": """
        import pytest

        made = []

        @pytest.fixture(scope="session")
        def shared(tmp_path_factory):
            made.append("shared")
            return tmp_path_factory.mktemp("shared")

        @pytest.fixture(scope="module")
        def of_module():
            steps = ["up"]
            yield steps
            steps.append("down")

        @pytest.fixture(autouse=True)
        def around():
            made.append("up")
            yield
            made.remove("up")

        @pytest.fixture
        def doubled(request):
            return 2 * request.param
    """,
    "test_kinds.py": """
        import asyncio, logging, os, sys, unittest, warnings
        import pytest
        import words
        from conftest import made

        def test_captured_output(capsys):
            print(words.shout("tea"))
            assert capsys.readouterr().out == "TEA\\n"

        def test_captured_descriptors(capfd):
            os.write(1, b"tea")
            assert capfd.readouterr().out == "tea"

        def test_captured_log(caplog):
            logging.getLogger("kinds").warning("tea")
            assert caplog.messages == ["tea"]

        def test_temporary_directory(tmp_path):
            assert tmp_path.name == "test_temporary_directory0"
            assert list(tmp_path.iterdir()) == []
            (tmp_path / "tea").touch()

        def test_patched(monkeypatch):
            assert words.shout("tea") == "TEA" and "TEA" not in os.environ
            monkeypatch.setattr(words, "shout", str.lower)
            monkeypatch.setenv("TEA", "green")
            assert words.shout("Tea") == "tea"

        def test_shared_by_all(shared):
            assert made.count("shared") == 1 and shared.is_dir()

        def test_shared_by_the_module(of_module):
            assert of_module == ["up"]

        def test_autouse():
            assert made.count("up") == 1

        @pytest.mark.parametrize("word", ["tea", "cup"])
        def test_parametrized(word):
            assert words.shout(word) == word.upper()

        @pytest.mark.parametrize("doubled", [1, 2], indirect=True)
        def test_parametrized_fixture(doubled):
            assert doubled in (2, 4)

        def test_finalizer(request):
            request.addfinalizer(lambda: made.remove("final"))
            assert "final" not in made
            made.append("final")

        def test_marked_late(request):
            assert not list(request.node.iter_markers("slow"))
            request.node.add_marker(pytest.mark.slow)

        def test_warns(recwarn):
            warnings.warn("tea")
            assert len(recwarn) == 1

        @pytest.fixture
        async def brewed():
            await asyncio.sleep(0)
            yield "tea"
            await asyncio.sleep(0)

        async def test_coroutine(brewed):
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(None, words.shout, brewed) == "TEA"

        class TestPlain:
            def setup_method(self):
                self.word = "tea"

            def test_method(self):
                assert words.shout(self.word) == "TEA"
                assert not hasattr(self, "drunk")
                self.drunk = True

        class TestCaseOfUnittest(unittest.TestCase):
            cups = 0

            @classmethod
            def setUpClass(cls):
                cls.cups = 1

            @classmethod
            def tearDownClass(cls):
                cls.cups = 0

            def setUp(self):
                self.word = "tea"
                self.addCleanup(setattr, self, "word", "")

            def test_case(self):
                self.assertEqual(words.shout(self.word), "TEA")
                self.assertEqual(self.cups, 1)
                with self.subTest("a part"):
                    self.assertTrue(self.word)

        class TestAsyncCaseOfUnittest(unittest.IsolatedAsyncioTestCase):
            async def test_case(self):
                await asyncio.sleep(0)
                self.assertEqual(words.shout("tea"), "TEA")
    """,
}


def many_without_effect(baseline: Trial) -> Iterable[Experiment]:
    """Experiments whose point never comes."""
    nowhere = Seam("nowhere", "words", "words.whisper")
    for nth in range(1, RUNS + 1):
        point = Point(nowhere, Place("nowhere.py", 1), nth)
        yield Experiment(baseline.test, point, "before", Fault("plain", "RuntimeError", "injected"))


def test_every_run_is_as_the_first(lab_on: Callable[..., Lab]) -> None:
    found = lab_on(KINDS, plugins=["pytest_asyncio.plugin"]).run(many_without_effect)
    assert (found.skipped, found.exhausted, len(found.trials)) == ((), True, 20)
    for first, second, trials in found.trials:
        seen = {(each.outcome, each.failure, each.void, each.fired) for each in (first, second, *trials)}
        assert seen == {("passed", "", "", False)}, first.test
        assert {(len(each.crossings), each.leaks) for each in trials} == {
            (len(second.crossings), second.leaks)
        }
        assert len(trials) == RUNS
