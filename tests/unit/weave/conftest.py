"""Small programs to weave: written to a folder, imported from there, and compared with and without probes."""

import importlib
import inspect
import sys
import textwrap
import threading
from dataclasses import dataclass, field

import pytest

from dryfit.model.outcome import Raised
from dryfit.weave import Weave


class Recorder:
    """A probe that keeps what a test asks for; values only as their types, so that nothing is kept alive."""

    def __init__(self):
        self.seen = []
        self._open = {}

    def before(self, crossing):
        callee = crossing.callee
        record = Seen(
            caller=crossing.caller,
            name=callee.name,
            component=callee.component,
            kind=callee.kind,
            effect=callee.effect,
            stands_for=callee.stands_for,
            test=crossing.test,
            place=crossing.site.place,
            above=crossing.parent.callee.name if crossing.parent is not None else "",
            types=tuple(type(value).__name__ for value in crossing.values),
            names=callee.parameters,
        )
        self.seen.append(record)
        self._open[id(crossing)] = record

    def after(self, crossing, outcome):
        record = self._open.pop(id(crossing))
        if isinstance(outcome, Raised):
            record.outcome = "raised " + type(outcome.exception).__name__
        else:
            record.outcome = "returned " + type(outcome.value).__name__
        return outcome

    @property
    def names(self):
        return [each.name for each in self.seen]

    def one(self, name):
        (found,) = (each for each in self.seen if each.name == name)
        return found


@dataclass
class Seen:
    caller: str
    name: str
    component: str
    kind: str
    effect: str
    stands_for: str
    test: str
    place: object
    above: str
    types: tuple
    names: tuple
    outcome: str = field(default="open")


class Program:
    """A project of flat modules, one component each."""

    def __init__(self, folder):
        self.folder = folder
        self.components = {}
        self.weaves = []

    def write(self, **sources):
        """Write modules that are components."""
        for name, source in sources.items():
            self.components[name] = self.file(f"{name}.py", source)
        importlib.invalidate_caches()

    def file(self, name, source):
        """Write a file of the project that is no component: test code."""
        path = self.folder / name
        path.write_text(textwrap.dedent(source))
        return path

    def load(self, name):
        return importlib.import_module(name)

    def weave(self, *probes, test="test_it"):
        weave = Weave(
            self.folder,
            {str(path): name for name, path in self.components.items()},
            {name: name for name in self.components},
        )
        weave.put_in(*probes)
        self.weaves.append(weave)
        weave.begin_test(test)
        return weave

    def compare(self, scenario="caller.scenario", comes_to="returned"):
        """Run a function bare, woven, and bare again: it tells the same each time. Gives what crossed the seams."""
        module, _, name = scenario.partition(".")
        run = getattr(self.load(module), name)
        codes = self.codes()
        bare = told(run)
        assert bare[0] == comes_to, bare
        recorder = Recorder()
        weave = self.weave(recorder)
        assert weave.skipped == ()
        woven = told(run)
        weave.take_out()
        assert woven == bare
        assert told(run) == bare
        assert weave.failures == ()
        assert all(function.__code__ is code for function, code in codes)
        return recorder

    def codes(self):
        """The functions that stand in the components' modules and classes, with their code objects."""
        found = []
        for name in self.components:
            for value in list(vars(sys.modules[name]).values()) if name in sys.modules else ():
                members = vars(value).values() if isinstance(value, type) else (value,)
                found += [(each, each.__code__) for each in members if inspect.isfunction(each)]
        return found

    def close(self):
        for weave in reversed(self.weaves):
            weave.take_out()
        files = set(map(str, self.folder.glob("*.py")))
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in files:
                del sys.modules[name]


def told(run):
    """What a call comes to, as plain data that can be compared."""
    try:
        return ("returned", run())
    except BaseException as error:
        return ("raised", chain(error))


def chain(error):
    """An exception with everything that hangs on it, and the frames of its traceback that are the user's."""
    if error is None:
        return None
    return (
        type(error).__name__,
        str(error),
        user_frames(error),
        chain(error.__cause__),
        chain(error.__context__),
        error.__suppress_context__,
        list(getattr(error, "__notes__", [])),
    )


def user_frames(error):
    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not code.co_filename.startswith("<dryfit") and code.co_filename != __file__:
            frames.append((code.co_filename.rpartition("/")[2], step.tb_lineno, code.co_qualname))
        step = step.tb_next
    return frames


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = Program(tmp_path)
    yield made
    made.close()


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def traced():
    """A tracer that does nothing but be there."""
    before = threading.gettrace()
    threading.settrace(lambda *_: None)
    yield
    threading.settrace(before)


@pytest.fixture
def tell():
    """See ``told``."""
    return told
