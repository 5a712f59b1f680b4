"""What a trial has made in the project's folder is taken away, and nothing else is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from dryfit.lab.lab import Lab
from dryfit.lab.made import Made, take_away
from dryfit.model.trial import Experiment, Fault, Trial


@pytest.fixture(scope="module")
def heard() -> Iterator[list[Made]]:
    """Those that hear of what is made; the interpreter forgets none of them, so they are switched off at last."""
    known: list[Made] = []
    yield known
    for each in known:
        each.end()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: list[Made]) -> Made:
    """Listens to what happens in ``project``, the working directory, which holds a file of the user's."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    Path("notes.txt").write_text("the user's")
    found = Made(root, tmp_path / "made")
    found.listen()
    heard.append(found)
    return found


def left(made: Made, do: Callable[[], object], *, undisturbed: bool = False) -> list[str]:
    """What is in the project after a trial that did something."""
    made.begin(undisturbed=undisturbed)
    do()
    made.end()
    return sorted(str(path) for path in Path().rglob("*"))


def test_what_a_trial_has_made_is_taken_away(made: Made) -> None:
    def do() -> None:
        Path("a/b/c").mkdir(parents=True)
        Path("a/b/c/file").write_text("new")
        Path("a/other").write_text("new")
        os.replace("a/other", "a/renamed")
        os.symlink("notes.txt", "a/link")

    assert left(made, do) == ["notes.txt"]
    assert Path("notes.txt").read_text() == "the user's"


def test_what_was_there_stays_whatever_happens_to_it(made: Made, tmp_path: Path) -> None:
    def do() -> None:
        Path("notes.txt").write_text("changed")
        Path("made.txt").write_text("new")
        os.replace("notes.txt", "made.txt")
        Path("notes.txt").write_text("anew")
        os.mkdir("folder")
        os.rename("made.txt", "folder/moved.txt")

    assert left(made, do) == ["folder", "folder/moved.txt", "notes.txt"]
    assert Path("folder/moved.txt").read_text() == "changed"


def test_a_folder_that_is_put_in_the_place_of_one_that_was_made_stays_with_all_it_holds(
    made: Made, tmp_path: Path
) -> None:
    def do() -> None:
        os.mkdir("folder")
        Path("folder/notes.txt").write_text("new")
        os.unlink("folder/notes.txt")
        os.rename(tmp_path / "elsewhere", "folder")

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "notes.txt").write_text("somebody's")
    assert left(made, do) == ["folder", "folder/notes.txt", "notes.txt"]


def test_what_the_interpreter_did_not_tell_of_stays(made: Made, tmp_path: Path) -> None:
    def do() -> None:
        os.mkdir("folder")
        os.rename(tmp_path / "elsewhere", "folder/brought.txt")

    (tmp_path / "elsewhere").write_text("somebody's")
    assert left(made, do) == ["folder", "folder/brought.txt", "notes.txt"]


def test_what_tools_keep_and_what_lies_elsewhere_is_left_alone(made: Made, tmp_path: Path) -> None:
    def do() -> None:
        Path(".cache").write_text("a tool's")
        Path("__pycache__").mkdir()
        (tmp_path / "else.txt").write_text("new")

    assert left(made, do) == [".cache", "__pycache__", "notes.txt"]
    assert (tmp_path / "else.txt").exists()


def test_where_an_undisturbed_run_leaves_something_all_stays(made: Made) -> None:
    os.mkdir("out")
    left(made, lambda: Path("out/1.txt").write_text("usual"), undisturbed=True)
    assert left(made, lambda: Path("out/2.txt").write_text("new")) == [
        "notes.txt",
        "out",
        "out/1.txt",
        "out/2.txt",
    ]


def test_a_trial_that_did_not_come_to_its_end_has_told_in_a_file(made: Made, tmp_path: Path) -> None:
    made.begin(undisturbed=False)
    Path("begun").write_text("new")
    take_away(tmp_path / "made")
    assert (os.listdir(), (tmp_path / "made").exists()) == (["notes.txt"], False)


PROJECT = {
    "stock.py": """
        def take(product):
            return product
    """,
    "basket.py": """
        import stock

        def buy(product):
            return stock.take(product)
    """,
    "test_basket.py": """
        import os
        from pathlib import Path
        import pytest, basket

        @pytest.mark.parametrize("ends", [False, True])
        def test_buy(ends):
            Path("scratch").mkdir()
            Path("scratch/basket.txt").write_text("tea")
            try:
                basket.buy("tea")
            except RuntimeError:
                ends and os._exit(3)
                raise
            Path("scratch/basket.txt").unlink()
            Path("scratch").rmdir()
    """,
}


def test_tests_that_break_off_leave_nothing_in_the_project(lab_on: Callable[..., Lab]) -> None:
    def in_stock(baseline: Trial) -> Iterable[Experiment]:
        for crossed in baseline.crossings:
            if crossed.point.seam.callee == "stock":
                yield Experiment(
                    baseline.test, crossed.point, "before", Fault("plain", "RuntimeError", "injected")
                )

    found = lab_on(PROJECT).run(in_stock)
    assert [trial.outcome for _, _, trials in found.trials for trial in trials] == ["failed", "crash"]
    assert not Path("scratch").exists()
