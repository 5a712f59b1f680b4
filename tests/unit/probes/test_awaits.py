"""Dropped coroutines are traced back to the seam, and the user's warning stays as it is."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType

import pytest

from dryfit.model.crossing import Callee
from dryfit.model.seam import Place, Seam
from dryfit.model.trace import Dropped
from dryfit.probes.awaits import Unawaited
from dryfit.probes.observe import Observer

HERE = Path(__file__)


async def send() -> None: ...


def drop() -> None:
    send()
    gc.collect()


SENDING = Callee("mail", "mail.send", (), "coroutine")


def callee_of(code: CodeType) -> Callee | None:
    return SENDING if code is send.__code__ else None


def owner(component: str | None) -> Callable[[str], str | None]:
    return lambda file: component if file == __file__ else None


@pytest.fixture(params=[0, 1, 3])
def depth(request: pytest.FixtureRequest) -> Iterator[int]:
    before = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(request.param)
    yield request.param
    assert sys.get_coroutine_origin_tracking_depth() == request.param
    sys.set_coroutine_origin_tracking_depth(before)


def warning_of(act: Callable[[], None]) -> list[tuple[object, ...]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    return [(str(it.message), it.category, it.filename, it.lineno, type(it.source)) for it in caught]


def test_the_drop_is_reported_and_the_warning_is_the_same(depth: int) -> None:
    original = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]

    def run() -> list[tuple[object, ...]]:
        return warning_of(drop)

    bare = run()
    told: list[Dropped] = []
    watch = Unawaited(told.append, callee_of, owner("order"), HERE.parent)
    watch.install()
    watched = run()
    watch.remove()
    line = drop.__code__.co_firstlineno + 1
    assert told == [Dropped(Seam("order", "mail", "mail.send"), Place(HERE.name, line, "drop"), "")]
    assert len(bare) == 1
    assert watched == bare
    assert warnings._warn_unawaited_coroutine is original  # type: ignore[attr-defined]
    assert run() == bare


@pytest.mark.parametrize("component", [None, "", "mail", "<tests>"])
def test_what_the_component_itself_or_a_test_drops_is_not_reported(component: str | None) -> None:
    told: list[Dropped] = []
    watch = Unawaited(told.append, callee_of, owner(component), HERE.parent)
    watch.install()
    assert len(warning_of(drop)) == 1
    watch.remove()
    assert told == []


def test_the_observer_names_the_test() -> None:
    observer = Observer(callee_of, owner("order"), HERE.parent)
    observer.install()
    warning_of(drop)
    observer.remove()
    assert [it.test for it in observer.finish("the test", "passed", 0.1).incidents] == ["the test"]


def test_what_somebody_else_put_in_place_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Unawaited(lambda dropped: None, callee_of, owner("order"), HERE.parent)
    monkeypatch.setattr(warnings, "_warn_unawaited_coroutine", warnings._warn_unawaited_coroutine)  # type: ignore[attr-defined]
    watch.install()

    def other(coroutine: object) -> None: ...

    warnings._warn_unawaited_coroutine = other  # type: ignore[attr-defined]
    watch.remove()
    assert warnings._warn_unawaited_coroutine is other  # type: ignore[attr-defined]
