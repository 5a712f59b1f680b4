"""What stood in for what, and how it was called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dryfit.model.seam import Place, Seam
from dryfit.model.shape import NOTHING, Shape
from dryfit.model.structure import Parameter

OriginalKind = Literal["function", "coroutine", "generator", "async generator", "other"]


@dataclass(frozen=True, slots=True)
class Original:
    """What a callable that is replaced says of itself; ``name`` is dotted, a class's is told of its constructor.

    ``parameters`` leave out the receiver; they are ``None`` where no signature can be read. ``kind`` is ``other`` where
    what a call gives cannot be told: a class, a callable object, a function behind a decorator. ``returns`` is the hint
    of its result as it is written, "" for none. ``gives_values`` says that its code somewhere returns something else
    than ``None``, whether or not anybody has seen it.
    """

    name: str
    parameters: tuple[Parameter, ...] | None
    kind: OriginalKind
    returns: str = ""
    gives_values: bool = False


@dataclass(frozen=True, slots=True)
class Replacement:
    """A test put a stand-in in the place of a callable: ``target`` is the name that now leads to the stand-in.

    ``used`` says that somebody called the stand-in, or asked something of it, while it stood there.
    """

    target: str
    stands_for: str
    stand_in: str
    used: bool
    test: str


@dataclass(frozen=True, slots=True)
class StandInCall:
    """A component called a stand-in with so many positional arguments, and with these keywords.

    ``bound`` says that it is not known how the call gives them: the keywords are the stand-in's own parameters that
    have got a value other than their default.
    """

    seam: Seam
    site: Place
    stand_in: str
    positional: int
    keywords: tuple[str, ...]
    test: str
    bound: bool = False


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """What instances of a class have: the names that it and its bases define; ``bases`` are nearest first.

    ``dynamic`` says that it answers for names that nobody sees (``__getattr__``).
    """

    name: str
    names: tuple[str, ...]
    bases: tuple[str, ...]
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class ResultUse:
    """What a caller does with what a call gives, as its source says.

    ``attributes`` are read from it, ``keys`` are the texts by which it is subscripted and ``asked`` those that it is
    asked for by ``get``, ``unpacked`` are the numbers of variables that it is unpacked into. ``ways`` are all others:
    ``awaited``, ``iterated``, ``tested``, ``computed``, ``handed on``, ``told apart`` where it is asked for its type,
    and ``read again`` where it is read more than once. All are sorted; none of them means that it is thrown away.
    """

    attributes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    unpacked: tuple[int, ...] = ()
    ways: tuple[str, ...] = ()

    @property
    def is_used(self) -> bool:
        """Whether the caller does anything with it."""
        return bool(self.attributes or self.keys or self.unpacked or self.ways)


@dataclass(frozen=True, slots=True)
class Consumers:
    """What the source says of those who call stand-ins.

    ``uses`` are by place and last part of the called name; a call that cannot be found is not among them. ``unread``
    are targets of replacements that a module imports, and that nobody ever reads there, with the place of the import.
    ``never_raised`` are exceptions that a component, and all that it imports, never mention but to catch them.
    ``passing_on`` are calls that hand on what their own function was given as ``*args`` or ``**kwargs``, ``by_name``
    those by a name of the module's own, as after ``from shop import pay``.
    """

    uses: Mapping[tuple[Place, str], ResultUse]
    unread: Mapping[str, Place]
    never_raised: frozenset[tuple[str, str]]
    passing_on: frozenset[tuple[Place, str]] = frozenset()
    by_name: frozenset[tuple[Place, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call: the type and shape of what it returned or raised; ``bases`` are an exception's classes."""

    outcome: Literal["returned", "raised"]
    type: str
    shape: Shape = NOTHING
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A fake that tests had put in a seam was given what the real callee had got, as ``inputs`` by name and type.

    ``site`` is where the fake was called in ``test``, and ``lived`` is what it gave there; ``state`` tells the states
    of one fake apart. ``recorded_in`` is the test that showed the real one.
    """

    seam: Seam
    site: Place
    stand_in: str
    inputs: tuple[tuple[str, str], ...]
    real: Answer
    fake: Answer
    test: str
    recorded_in: str
    state: str = ""
    lived: tuple[Answer, ...] = ()


StandInFact = Original | Replacement | StandInCall | ClassFacts | Replayed
