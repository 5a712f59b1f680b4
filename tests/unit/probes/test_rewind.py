"""Memory goes back to what it was: the same objects, with the contents that they had."""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import queue
import random
import threading
import types
import warnings
from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from unittest.mock import Mock

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from fastapi import FastAPI
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from dryfit.probes import rewind as rewind_module
from dryfit.probes.rewind import MemoryRewind


def taken(*roots, modules=()):
    rewind = MemoryRewind(roots, {module.__name__: module for module in modules})
    assert rewind.take() == ""
    return rewind


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.entries = []

    def pay(self, amount):
        self.balance -= amount
        self.entries.append(amount)
        self.last = amount


class Slotted:
    __slots__ = ("empty", "value")

    def __init__(self, value):
        self.value = value


@dataclass(frozen=True)
class Frozen:
    items: list = field(default_factory=list)


def ordered():
    found = OrderedDict(a=1, b=2)
    found.move_to_end("a")
    return found


CONTAINERS = [
    ({"a": 1, "b": [2]}, lambda v: (v.pop("a"), v["b"].append(3), v.update(c=4))),
    (OrderedDict(a=1, b=2), lambda v: v.move_to_end("a")),
    (ordered(), lambda v: v.update(c=1)),
    (defaultdict(list, a=[1]), lambda v: (v["b"], v["a"].append(2))),
    (Counter("aab"), lambda v: v.update("b")),
    ([1, [2]], lambda v: (v[1].append(3), v.reverse())),
    ({1, 2}, lambda v: (v.discard(1), v.add(3))),
    (deque([1, 2], maxlen=2), lambda v: v.append(3)),
    (bytearray(b"abc"), lambda v: v.extend(b"d")),
    (array("i", [1, 2]), lambda v: v.append(3)),
    ((1, [2]), lambda v: v[1].append(3)),
    (types.SimpleNamespace(a=1), lambda v: vars(v).update(a=2, b=3)),
]


@pytest.mark.parametrize(("value", "change"), CONTAINERS, ids=lambda each: type(each).__name__)
def test_containers_keep_their_identity(value, change):
    before = repr(value)
    rewind = taken([value])
    for _ in range(2):
        change(value)
        assert repr(value) != before
        assert rewind.back() == ""
        assert repr(value) == before


def test_objects_have_the_attributes_that_they_had():
    account = Account(100)
    entries = account.entries
    rewind = taken(account.pay)
    account.pay(30)
    account.entries = [99]
    assert rewind.back() == ""
    assert vars(account) == {"balance": 100, "entries": []}
    assert account.entries is entries


def test_slots_are_filled_and_emptied_again():
    value = Slotted(1)
    rewind = taken(value)
    value.value, value.empty = 2, 3
    assert rewind.back() == ""
    assert value.value == 1
    assert not hasattr(value, "empty")
    del value.value
    assert rewind.back() == ""
    assert value.value == 1


def test_a_frozen_object_holds_what_can_be_changed():
    value = Frozen([1])
    rewind = taken(functools.partial(print, value))
    value.items.append(2)
    object.__setattr__(value, "items", [])
    assert rewind.back() == ""
    assert value.items == [1]


def test_enclosing_variables_and_attributes_of_functions():
    module = types.ModuleType("shop")
    exec("def f(): pass\nf.calls = 0", vars(module))
    total = 0

    def add(amount, seen=[]):  # noqa: B006 - a default that is changed is what is put back
        nonlocal total
        total += amount
        seen.append(amount)

    rewind = taken(add, modules=[module])
    add(5)
    module.f.calls = 1
    assert rewind.back() == ""
    assert (total, add.__defaults__, module.f.calls) == (0, ([],), 0)


def test_variables_of_modules_and_classes():
    module = types.ModuleType("shop.stock")
    source = "count = 1\nitems = {'a': 1}\nclass Store:\n    total = 0\n    known = []"
    exec(source, vars(module))
    rewind = taken(modules=[module])
    vars(module).update(count=2, more=3)
    module.items["b"] = 2
    module.Store.total += 5
    module.Store.extra = 1
    module.Store.known.append(1)
    assert rewind.back() == ""
    assert (module.count, module.items, module.Store.total, module.Store.known) == (1, {"a": 1}, 0, [])
    assert not hasattr(module, "more")
    assert not hasattr(module.Store, "extra")


def test_what_a_library_made_when_it_was_needed_first_stays():
    sqlalchemy = pytest.importorskip("sqlalchemy")
    orm = pytest.importorskip("sqlalchemy.orm")
    module = types.ModuleType(__name__)
    module.engine = None

    class Base(orm.DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parents"
        id = orm.mapped_column(sqlalchemy.Integer, primary_key=True)

    class Child(Base):
        __tablename__ = "children"
        id = orm.mapped_column(sqlalchemy.ForeignKey("parents.id"), primary_key=True)
        parent = orm.relationship(Parent, backref="children")

    module.Parent, module.Child, account = Parent, Child, Account(1)
    rewind = taken(account, modules=[module])
    module.engine = engine = sqlalchemy.create_engine("sqlite://")
    account.engine, account.note = engine, "new"
    orm.configure_mappers()
    assert rewind.back() == ""
    assert (module.engine, account.engine) == (engine, engine)
    assert not hasattr(account, "note")
    assert Parent(children=[Child()]).children[0].parent is not None


def test_what_an_application_keeps_for_its_program():
    starlette, fastapi, served = Starlette(), FastAPI(), web.Application()
    module = types.ModuleType("shop.api")
    module.apps = [starlette, fastapi]
    starlette.state.seats, fastapi.state.engine = {"jazz": 3}, fastapi.router
    key = web.AppKey("seats", list)
    served[key] = [3]
    rewind = taken(served, modules=[module])

    starlette.state.seats["jazz"] -= 1
    fastapi.state.visits = 1
    served[key].append(2)
    assert rewind.back() == ""

    assert starlette.state.seats == {"jazz": 3}
    assert (fastapi.state.engine, hasattr(fastapi.state, "visits")) == (fastapi.router, False)
    assert served[key] == [3]


def served(app):
    """A request as aiohttp gives it to a handler."""
    return make_mocked_request("GET", "/", app=app)


def client_of_starlette(app):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wants httpx2
        from starlette.testclient import TestClient
    return TestClient(app)._transport


APPLICATIONS = [
    (served, lambda seats: kept(web.Application(), seats)),
    (httpx.ASGITransport, lambda seats: routed(Starlette(), seats)),
    (client_of_starlette, lambda seats: routed(FastAPI(), seats)),
    (lambda app: app.test_client(), lambda seats: flask_app(seats)),
    (httpx.WSGITransport, lambda seats: flask_app(seats)),
]


def kept(app, seats):
    app[web.AppKey("seats", dict)] = seats
    return app


def routed(app, seats):
    async def book(request):
        return seats

    app.add_route("/", book)
    return app


def flask_app(seats):
    app = Flask("shop")

    @app.route("/")
    def book():
        return seats

    return app


@pytest.mark.parametrize(("asked", "made"), APPLICATIONS, ids=["aiohttp", "asgi", "fastapi", "flask", "wsgi"])
def test_what_a_request_through_a_test_client_leads_to(asked, made):
    seats = {"jazz": 3}
    rewind = taken(functools.partial(print, (asked(made(seats)),)))
    seats["jazz"] -= 1

    assert rewind.back() == ""
    assert seats == {"jazz": 3}


def test_what_an_application_that_a_client_asks_keeps():
    app, kept = FastAPI(), {"jazz": 3}
    app.state.seats = {"jazz": 3}

    @app.get("/")
    def take():
        kept["jazz"] -= 1
        app.state.seats["jazz"] -= 1

    rewind = taken(functools.partial(print, (httpx.ASGITransport(app),)))
    take()
    assert rewind.back() == ""

    assert kept == app.state.seats == {"jazz": 3}


def test_what_python_has_for_waiting_and_queueing():
    waiting, event, semaphore, lock = (
        queue.Queue(),
        threading.Event(),
        threading.Semaphore(2),
        threading.Lock(),
    )
    own = asyncio.Lock()
    rewind = taken([waiting, event, semaphore, lock, own])
    waiting.put(1)
    event.set()
    semaphore.acquire()
    lock.acquire()
    own._locked = True
    assert rewind.back() == ""
    assert (waiting.qsize(), event.is_set(), semaphore._value, lock.locked()) == (0, False, 2, False)
    assert not own.locked()


def test_stand_ins_forget_their_calls():
    stand_in = Mock(return_value=1)
    stand_in.send(1)
    rewind = taken(stand_in)
    stand_in.send(2)
    assert rewind.back() == ""
    stand_in.send.assert_called_once_with(1)


def test_threads_that_were_not_started_can_be_started_again():
    done = []
    threads = [threading.Thread(target=done.append, args=(number,), name="adder") for number in range(2)]
    rewind = taken(threads)
    for _ in range(2):
        for thread in threads:
            thread.start()
            thread.join()
        assert done == [0, 1]
        done.clear()
        assert rewind.back() == ""
    assert [(each.name, each.ident, each.is_alive()) for each in threads] == [("adder", None, False)] * 2


class Worker(threading.Thread):
    """Nobody knows what else it has begun."""

    def run(self):
        self.begun = True


def test_threads_of_other_classes_and_those_that_run_on_are_named():
    over, holder = threading.Event(), Account(1)
    holder.kept, holder.own = threading.Thread(target=over.wait), Worker()
    rewind = taken(holder)
    holder.kept.start()
    holder.own.start()
    holder.own.join()
    try:
        said = rewind.back()
    finally:
        over.set()
        holder.kept.join()

    assert "kept (threading.Thread), " in said
    assert said.endswith("Worker) cannot be set back")


def test_counters_and_iterators_begin_where_they_were():
    account = Account(1)
    account.numbers, account.letters = itertools.count(5), iter("abc")
    next(account.numbers)
    rewind = taken(account)
    for _ in range(2):
        assert (next(account.numbers), next(account.letters)) == (6, "a")
        assert rewind.back() == ""


def test_files_in_memory_and_random_numbers():
    text, numbers = io.StringIO("a"), random.Random(1)
    rewind = taken([text, numbers])
    first = numbers.random()
    text.write("xyz")
    assert rewind.back() == ""
    assert (text.getvalue(), text.tell(), numbers.random()) == ("a", 0, first)


def test_a_cache_that_was_empty_is_emptied_again():
    @functools.lru_cache
    def known(number):
        return [number]

    rewind = taken([known])
    before = known(1)
    assert rewind.back() == ""
    assert known(1) is not before
    rewind = taken([known])
    known(1)
    assert rewind.back() == ""
    known(2)
    assert "_lru_cache_wrapper) cannot be set back" in rewind.back()


def test_what_cannot_be_set_back_is_named_when_it_has_moved(tmp_path):
    account = Account(1)
    account.lines = (line for line in "abc")
    account.next_number = itertools.count().__next__
    with open(tmp_path / "file", "w") as account.file:
        rewind = taken(account)
        assert rewind.back() == ""
        next(account.lines)
        account.next_number()
        account.file.write("x")
        account.balance = 2
        name = f"{Account.__module__}.Account"
        assert rewind.back() == (
            f"{name}.lines (generator), {name}.file (_io.TextIOWrapper),"
            f" {name}.next_number[__self__] (itertools.count) cannot be set back"
        )
        assert account.balance == 1


def test_a_row_of_an_orm_is_named_when_it_has_changed():
    row = Account(1)
    row._sa_instance_state = object()
    rewind = taken([row])
    assert rewind.back() == ""
    row.balance = 2
    assert rewind.back() == f"list[] ({Account.__module__}.Account) cannot be set back"


def test_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(rewind_module, "MOST_VALUES", 10)
    assert (
        MemoryRewind([[[] for _ in range(20)]], {}).take() == "more than 10 objects in memory can be reached"
    )


class Hostile:
    """Whoever asks it something is told off."""

    def __init__(self):
        self.items = []

    def __getattribute__(self, name):
        raise AssertionError(name)

    def __eq__(self, other):
        raise AssertionError

    def __hash__(self):
        return 1

    def __len__(self):
        raise AssertionError


def test_no_code_of_the_users_runs():
    class Angry(dict, Hostile):
        __hash__ = None

    hostile = Hostile()
    roots = [Angry(a=1), hostile, [hostile], {"a": hostile}]
    rewind = taken(roots)
    roots.pop()
    dict.clear(roots[0])
    object.__getattribute__(hostile, "items").append(1)
    assert rewind.back() == ""
    assert dict.__len__(roots[0]) == 1
    assert object.__getattribute__(hostile, "items") == []


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.builds(deque, st.lists(inner, max_size=3))
        | st.builds(Account, inner)
    ),
    max_leaves=8,
)


def shown(value):
    if isinstance(value, Account):
        return {name: shown(item) for name, item in vars(value).items()}
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list | deque) else value


def scramble(value, draw):
    """Change everything that can be reached."""
    for item in list(
        value.values() if isinstance(value, dict) else value if isinstance(value, list | deque) else []
    ):
        scramble(item, draw)
    if isinstance(value, Account):
        scramble(value.balance, draw)
        value.balance = draw
        value.entries.append(draw)
    elif isinstance(value, dict):
        value["new"] = draw
    elif isinstance(value, list | deque):
        value.append(draw)


@given(value=values, draws=st.lists(values, min_size=1, max_size=3))
def test_any_values(value, draws):
    roots = [value]
    before = shown(roots)
    rewind = taken(roots)
    for draw in draws:
        scramble(roots, draw)
        assert rewind.back() == ""
        assert shown(roots) == before
