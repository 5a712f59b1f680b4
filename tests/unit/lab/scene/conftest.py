"""Small programs on a stage: written to a folder, woven, and run in trials whose state is watched."""

from __future__ import annotations

import gc
import importlib
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dryfit.lab.scene import Scene
from dryfit.model.errors import ResourceError
from dryfit.model.outcome import Raised
from dryfit.model.resource import Declaration
from dryfit.model.trial import Boundary, Effected, Leak, When
from dryfit.probes.trial import TrialRecorder
from dryfit.resources.environment import new_space
from dryfit.resources.kinds.postgres import kind
from dryfit.resources.postgres import programs
from dryfit.resources.registry import provider_named
from dryfit.weave import Weave


@dataclass
class Trial:
    """What one trial showed, when it is over."""

    scene: Scene
    effects: tuple[Effected, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    leaks: tuple[Leak, ...] = ()

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(each.what, each.fate) for each in self.effects]


class Faults:
    """A probe that raises in the place of what callables return."""

    def __init__(self) -> None:
        self.instead: dict[str, BaseException] = {}
        self.when: When = "before"

    def before(self, crossing):
        return None

    def after(self, crossing, outcome):
        error = self.instead.pop(crossing.callee.name, None)
        if error is None:
            return outcome
        error.__dict__["__dryfit_fault__"] = self.when
        return Raised(error)


class Stage:
    """A project of flat modules, one component each, which are woven at the first trial."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.components: dict[str, str] = {}
        self.faults = Faults()
        self._weave: Weave | None = None
        self._scene: Scene | None = None

    def write(self, **sources: str) -> None:
        for name, source in sources.items():
            (self.folder / f"{name}.py").write_text(textwrap.dedent(source))
            self.components[str(self.folder / f"{name}.py")] = name
        importlib.invalidate_caches()

    def load(self, name: str):
        return importlib.import_module(name)

    @contextmanager
    def trial(self, entry: int | None = None, when: When = "before") -> Iterator[Trial]:
        scene = self.scene()
        self._weave.begin_test("a test")
        self.recorder.begin("a test", baseline=False)
        scene.begin(entry=entry)
        self.faults.when = when
        trial = Trial(scene)
        yield trial
        scene.called()
        trial.effects, trial.boundaries, trial.leaks = scene.finish()
        assert self._weave.failures == ()

    def scene(self) -> Scene:
        if self._scene is None:
            names = dict.fromkeys(self.components.values())
            self._weave = Weave(self.folder, self.components, {name: name for name in names})
            self.recorder = TrialRecorder(
                lambda crossing: (),
                entered=lambda n: self._scene.entered(n),
                left=lambda n: self._scene.left(n),
            )
            self._scene = Scene(self._weave, self.folder, self.recorder.index)
            self._weave.put_in(self.faults, self.recorder, self._scene.probe)
        return self._scene

    def close(self) -> None:
        if self._weave is not None:
            self._weave.take_out()
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in self.components:
                del sys.modules[name]
        gc.freeze()  # again: a scene that is finished thaws whatever there is, and the next test would go through it


@pytest.fixture
def stage(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = Stage(folder)
    yield made
    made.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory, server_cache):
    """An embedded PostgreSQL server."""
    try:
        programs.find()
    except ResourceError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("project")
    (root / "schema.sql").write_text(
        "CREATE TABLE orders (id serial PRIMARY KEY, what text, at timestamptz DEFAULT now());"
        + "".join(f"CREATE TABLE t{number} (id integer PRIMARY KEY, x text);" for number in range(9))
    )
    declaration = Declaration("database", "postgres", options={"schema": "schema.sql"})
    with provider_named("embedded").provide(kind, declaration, root) as endpoint:
        yield declaration, endpoint, root


@pytest.fixture
def postgres(server):
    """The URL of a database on it, with an empty table ``orders`` and nine more."""
    declaration, endpoint, root = server
    resource = kind.open(declaration, endpoint, root, new_space())
    yield resource.handle.url
    resource.close()
