"""What a trial keeps: its crossings in order, what the callers got, and where exceptions come from."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from dryfit.model.seam import Place
from dryfit.model.trial import Fault, Offer
from dryfit.probes.trial import TrialRecorder

LOCKED = Offer("before", Fault("locked", "sqlite3.OperationalError", "database is locked"))


class OutOfStockError(Exception):
    pass


class ShopError(Exception):
    pass


def place_of(code, line):
    return (
        Place(Path(code.co_filename).name, line, code.co_qualname) if code.co_filename == __file__ else None
    )


@dataclass
class Entries:
    """What the recorder tells of entry crossings."""

    told: list


@pytest.fixture
def entries():
    return Entries([])


@pytest.fixture
def recorder(stage, entries):
    stage.observer = TrialRecorder(
        lambda crossing: (LOCKED,) if crossing.callee.kind == "library" else (),
        place_of=place_of,
        entered=lambda number: entries.told.append(f"in {number}"),
        left=lambda number: entries.told.append(f"out {number}"),
    )
    stage.observer.begin("a test", baseline=True)
    return stage.observer


def test_crossings_stand_in_order_each_below_the_one_that_made_it(stage, recorder, entries):
    @stage.of("store")
    def take():
        return 1

    @stage.of("order")
    def buy():
        return take() + take()

    buy()
    take()
    crossings, _ = recorder.finish()
    assert [(each.index, each.parent, each.point.seam.callable) for each in crossings] == [
        (0, -1, "order.buy"),
        (1, 0, "store.take"),
        (2, 0, "store.take"),
        (3, -1, "store.take"),
    ]
    assert entries.told == ["in 0", "out 0", "in 1", "out 1"]


def test_the_crossings_from_one_site_are_numbered(stage, recorder):
    @stage.of("store")
    def take():
        return 1

    @stage.of("order")
    def buy():
        return [take() for _ in range(3)]

    buy()
    (_, *taken), _ = recorder.finish()
    assert [each.point.nth for each in taken] == [1, 2, 3]
    assert len({(each.point.seam, each.point.site) for each in taken}) == 1


def test_the_callers_answer_is_kept_leaf_by_leaf_without_secrets(stage, recorder):
    @stage.of("order")
    def buy():
        return {"id": 7, "lines": [("tea", 2)], "token": "abc"}

    buy()
    ((crossed,), _) = recorder.finish()
    assert crossed.outcome == "returned"
    assert crossed.told == (
        ("#3", "3"),
        ("['id']", "7"),
        ("['lines']#", "1"),
        ("['lines'][0]#", "2"),
        ("['lines'][0][0]", "'tea'"),
        ("['lines'][0][1]", "2"),
        ("['token']", "<secret>"),
    )


def test_an_exception_leads_to_the_one_that_it_came_from(stage, recorder):
    @stage.of("store")
    def take():
        raise OutOfStockError("tea")

    @stage.of("order")
    def buy():
        try:
            take()
        except OutOfStockError as error:
            raise ShopError("no tea") from error

    with pytest.raises(ShopError):
        buy()
    (bought, taken), errors = recorder.finish()
    shop, stock = errors[bought.error], errors[taken.error]
    assert (shop.text, stock.text) == ("no tea", "tea")
    assert shop.chain == (stock.number,)
    assert [place.function.rpartition(".")[2] for place in shop.path] == ["buy"]
    assert shop.bases[:2] == (f"{__name__}.ShopError", "Exception")


def test_an_exception_that_forgets_its_cause_has_no_chain(stage, recorder):
    @stage.of("store")
    def take():
        raise OutOfStockError("tea")

    @stage.of("order")
    def buy():
        failed = False
        try:
            take()
        except OutOfStockError:
            failed = True
        if failed:
            raise ShopError("something went wrong")

    with pytest.raises(ShopError):
        buy()
    (bought, taken), errors = recorder.finish()
    assert errors[bought.error].chain == ()
    assert errors[taken.error].bases[0].endswith("OutOfStockError")


def test_from_none_keeps_the_cause_in_the_chain(stage, recorder):
    @stage.of("order")
    def buy():
        try:
            raise OutOfStockError("tea")
        except OutOfStockError:
            raise ShopError("no tea") from None

    with pytest.raises(ShopError):
        buy()
    ((bought,), errors) = recorder.finish()
    assert len(errors[bought.error].chain) == 1


def test_the_same_exception_keeps_its_number_on_its_way(stage, recorder):
    @stage.of("store")
    def take():
        raise OutOfStockError("tea")

    @stage.of("order")
    def buy():
        take()

    with pytest.raises(OutOfStockError):
        buy()
    (bought, taken), errors = recorder.finish()
    assert bought.error == taken.error
    assert len(errors) == 1
    assert [place.function.rpartition(".")[2] for place in errors[0].path] == ["buy", "take"]


def test_offers_are_asked_for_in_baselines_only(stage, recorder):
    @stage.of("sqlite3", kind="library", effect="write")
    def execute():
        return None

    @stage.of("store")
    def save():
        execute()

    save()
    (_, written), _ = recorder.finish()
    assert written.offers == (LOCKED,)
    recorder.begin("a test", baseline=False)
    save()
    (_, written), _ = recorder.finish()
    assert written.offers == ()


def test_what_an_earlier_trial_left_running_belongs_to_no_trial(stage, recorder):
    @stage.of("store")
    def take():
        return 1

    @stage.of("order")
    def late():
        recorder.finish()
        recorder.begin("a test", baseline=False)
        return take()

    late()
    assert recorder.finish() == ((), ())


def test_the_text_of_an_exception_may_lie_in_a_list(stage, recorder):
    @stage.of("store")
    def copy():
        raise shutil.Error([("a", "b", "no space left\nreally")])

    with pytest.raises(shutil.Error):
        copy()
    _, (error,) = recorder.finish()
    assert error.text == "a; b; no space left"
