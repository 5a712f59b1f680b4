"""The project's own factories, which make() uses where they exist: factory_boy's and model_bakery's recipes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.entity import Entity
from dryfit.resources.builders.seeds import number

if TYPE_CHECKING:
    from factory.base import Factory
    from model_bakery.recipe import Recipe

T = TypeVar("T")
SESSION_OPTIONS = ("sqlalchemy_session", "sqlalchemy_session_factory", "sqlalchemy_session_persistence")

SEQUENCE_ROOM = 1_000_000
"""The numbers that the sequences of one row have to themselves, so that rows of two tests differ."""


@dataclass(frozen=True, slots=True)
class Factories:
    """What makes rows by class, found in modules that are loaded; factory_boy's factories put them into ``session``."""

    modules: Mapping[str, ModuleType]
    session: object = None

    def has(self, model: object) -> bool:
        """Whether a class has a factory of the project's own."""
        return bool(self._factories(model) or self._recipes(model))

    def make(
        self,
        entity: Entity,
        fields: Mapping[str, object],
        parents: Mapping[str, object],
        place: tuple[object, ...],
    ) -> object:
        """Make a row by the class's factory. Raises ``ResourceError`` where several might be meant."""
        made: object
        given = {**fields, **parents}
        if factories := self._factories(entity.model):
            factory = _one(entity.name, factories, [each.__name__ for each in factories.values()])
            _count_from(number(*place, "sequence") % SEQUENCE_ROOM * SEQUENCE_ROOM)
            with _repeatable(place), self._in_session():
                made = factory(**given)
            return made
        recipes = self._recipes(entity.model)
        recipe: Callable[..., object] = _one(entity.name, recipes, list(recipes)).make
        with _repeatable(place):
            return recipe(**given)

    def _factories(self, model: object) -> dict[str, type[Factory[object]]]:
        if "factory" not in self.modules:
            return {}
        from factory.base import Factory

        return {
            f"{each.__module__}.{each.__qualname__}": each
            for each in _descendants(Factory)
            if not each._meta.abstract and each._meta.model is model
        }

    def _recipes(self, model: object) -> dict[str, Recipe[object]]:
        if "model_bakery.recipe" not in self.modules:
            return {}
        from model_bakery.recipe import Recipe

        return {
            f"{name}.{key}": value
            for name, module in list(self.modules.items())
            if name.endswith("baker_recipes")
            for key, value in vars(module).items()
            if isinstance(value, Recipe) and value._model in (model, _label(model))
        }

    @contextmanager
    def _in_session(self) -> Iterator[None]:
        """Let factories put objects into the session that ``make`` was given, and flush rather than commit."""
        if self.session is None or "factory.alchemy" not in self.modules:
            yield
            return
        from factory.alchemy import SQLAlchemyModelFactory

        with ExitStack() as undo:
            for each in _descendants(SQLAlchemyModelFactory):
                for name, value in zip(SESSION_OPTIONS, (self.session, None, "flush"), strict=True):
                    undo.callback(setattr, each._meta, name, getattr(each._meta, name))
                    setattr(each._meta, name, value)
            yield


def _one(name: str, found: Mapping[str, T], short: list[str]) -> T:
    """The one that is meant: the only one, or the one named after the class."""
    exact = [
        found[key]
        for key, last in zip(found, short, strict=True)
        if last.split(".")[-1].lower() in _names(name)
    ]
    if len(found) == 1 or len(exact) == 1:
        return exact[0] if exact else next(iter(found.values()))
    raise ResourceError(
        f"make: {name} has several factories: {', '.join(sorted(found))}",
        f"call the one you mean yourself, or name it {name}Factory",
        slug="make",
    )


def _label(model: object) -> str:
    """A Django model as recipes may spell it: ``"shop.Order"``."""
    return str(getattr(getattr(model, "_meta", None), "label", ""))


def _names(name: str) -> tuple[str, ...]:
    return name.lower(), f"{name.lower()}factory"


def _descendants(base: type[Factory[Any]]) -> Iterator[type[Factory[Any]]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)


@contextmanager
def _repeatable(place: tuple[object, ...]) -> Iterator[None]:
    """Seed the generators that factories draw from, and put them back as they were."""
    before = random.getstate()
    random.seed(number(*place))
    try:
        with _faked(place):
            yield
    finally:
        random.setstate(before)


@contextmanager
def _faked(place: tuple[object, ...]) -> Iterator[None]:
    try:
        from factory import random as chance
    except ImportError:
        yield
        return
    before = chance.get_random_state()  # type: ignore[no-untyped-call]
    chance.reseed_random(number(*place))  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        chance.set_random_state(before)  # type: ignore[no-untyped-call]


def _count_from(first: int) -> None:
    """Let all sequences go on from a number: those of what a factory makes beside count too."""
    from factory.base import Factory

    for each in _descendants(Factory):
        if not each._meta.abstract:
            each.reset_sequence(first, force=True)  # type: ignore[no-untyped-call]
