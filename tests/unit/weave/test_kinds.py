"""Every kind of callable behaves across a seam as it does without dryfit."""

import asyncio
import textwrap

import pytest

# name: what the callee component holds, what the caller does with it, and the callables that are crossed into.
KINDS = {
    "plain": (
        "def add(a, b):\n    return a + b",
        "return callee.add(1, b=2)",
        {"callee.add"},
    ),
    "keyword-only": (
        "def area(*, width, height=3):\n    return width * height",
        "return callee.area(width=2), callee.area(height=4, width=5)",
        {"callee.area"},
    ),
    "positional-only": (
        "def minus(a, b=1, /, **rest):\n    return a - b, rest",
        "return callee.minus(5), callee.minus(5, 2, a=1, b=2)",
        {"callee.minus"},
    ),
    "starred": (
        "def every(a, *rest, k=0, **options):\n    return a, rest, k, options",
        "return callee.every(1), callee.every(1, 2, 3, k=4, x=5), callee.every(*range(4), **{'y': 1})",
        {"callee.every"},
    ),
    "wrong calls": (
        "def f(a, /, b, *, c):\n    return a, b, c",
        """
        texts = []
        for arguments, options in (((), {}), ((1, 2, 3), {}), ((1,), {"a": 1, "c": 1}), ((1, 2), {"d": 1})):
            try:
                callee.f(*arguments, **options)
            except TypeError as error:
                texts.append(str(error))
        return texts
        """,
        set(),
    ),
    "mutable default": (
        """
        def keep(item, kept=[], *, more={}):
            kept.append(item)
            more[item] = len(kept)
            return kept[-2:], len(more)
        """,
        "callee.keep.__defaults__[0].clear(); callee.keep.__kwdefaults__['more'].clear()\n"
        "return callee.keep(1), callee.keep(2), callee.keep(3, [7])",
        {"callee.keep"},
    ),
    "huge default": (
        "TABLE = tuple(range(100_000))\ndef look(place, table=TABLE):\n    return table[place], table is TABLE",
        "return callee.look(99_999)",
        {"callee.look"},
    ),
    "closure": (
        """
        def counter():
            count = 0
            def step(by=1):
                nonlocal count
                count += by
                return count
            def reset():
                nonlocal count
                count = 0
            return step, reset
        step, reset = counter()
        """,
        "callee.reset(); return callee.step(), callee.step(5), callee.step(by=2)",
        {"callee.counter.<locals>.step", "callee.counter.<locals>.reset"},
    ),
    "recursion through a cell": (
        """
        def make():
            def factorial(n):
                return n * factorial(n - 1) if n else 1
            return factorial
        factorial = make()
        """,
        "return callee.factorial(20)",
        {"callee.make.<locals>.factorial"},
    ),
    "lambda": (
        "double = lambda x, *, by=2: x * by",
        "return callee.double(4), callee.double(4, by=3), list(map(callee.double, range(3)))",
        {"callee.<lambda>"},
    ),
    "class": (
        """
        class Base:
            def __init__(self, name):
                self.name = name
            def greet(self, greeting="hello"):
                return f"{greeting} {self.name}"
            @classmethod
            def of(cls, name):
                return cls(name)
            @staticmethod
            def shout(text):
                return text.upper()
            @property
            def size(self):
                return len(self.name)
            @size.setter
            def size(self, value):
                self.name = self.name[:value]
            @size.deleter
            def size(self):
                self.name = ""
            def __call__(self, x):
                return x, self.name
            def __enter__(self):
                return self
            def __exit__(self, kind, error, traceback):
                return kind is KeyError
            def __eq__(self, other):
                return self.name == other.name
            def __hash__(self):
                return hash(self.name)
            def __len__(self):
                return 7
        class Child(Base):
            def __init__(self, name):
                super().__init__(name + "!")
            def greet(self, greeting="hi"):
                return super().greet(greeting) + f" from {__class__.__name__}"
            @classmethod
            def of(cls, name):
                return super().of(name)
            def __private(self):
                return 1
            def public(self, *, __x=3):
                return self.__private(), __x
        """,
        """
        child = callee.Child.of("ann")
        told = [child.greet(), child.greet("ho"), child.shout("a"), callee.Child.shout("b"), child.size, child(3)]
        child.size = 2
        told.append(child.name)
        del child.size
        with child as same:
            raise KeyError
        told += [child.name, same is child, isinstance(child, callee.Base), child.public(), len(child)]
        told += [child == callee.Base(""), len({child, callee.Base("")}), callee.Base.greet(child)]
        return told
        """,
        {
            "callee.Child.of",
            "callee.Child.greet",
            "callee.Base.shout",
            "callee.Base.size",
            "callee.Base.__call__",
            "callee.Base.__enter__",
            "callee.Base.__exit__",
            "callee.Base.__init__",
        },
    ),
    "metaclass": (
        """
        class Meta(type):
            def __new__(mcls, name, bases, space, **options):
                return super().__new__(mcls, name, bases, {**space, "made": True}, **options)
            def __init__(cls, name, bases, space, **options):
                super().__init__(name, bases, space)
            def __call__(cls, *arguments):
                made = super().__call__(*arguments)
                made.by = cls.__name__
                return made
            def __getitem__(cls, key):
                return key, cls.__name__
        class Thing(metaclass=Meta):
            __slots__ = ("by", "x")
            def __init__(self, x):
                self.x = x
            def __init_subclass__(cls, tag="", **rest):
                super().__init_subclass__(**rest)
                cls.tag = tag
        """,
        """
        class More(callee.Thing, tag="t"):
            pass
        return More(1).by, More[2], More.tag, callee.Thing(3).x, callee.Thing.made
        """,
        {"callee.Meta.__new__", "callee.Meta.__call__", "callee.Meta.__getitem__"},
    ),
    "dataclass, enum, named tuple": (
        """
        from dataclasses import dataclass, field
        from enum import Enum
        from typing import NamedTuple
        @dataclass(order=True)
        class Money:
            amount: int
            tags: list = field(default_factory=list)
            def __post_init__(self):
                self.amount *= 100
        class Colour(Enum):
            RED = 1
            @classmethod
            def _missing_(cls, value):
                return cls.RED
        class Point(NamedTuple):
            x: int
            def twice(self):
                return self.x * 2
        """,
        "return callee.Money(2), callee.Money(1) < callee.Money(2), callee.Colour(5), callee.Point(2).twice()",
        {"callee.Money.__post_init__", "callee.Colour._missing_", "callee.Point.twice"},
    ),
    "generator": (
        """
        def talk(first):
            heard = [first]
            try:
                while True:
                    try:
                        word = yield len(heard)
                    except KeyError as error:
                        word = repr(error)
                    if word == "end":
                        return heard
                    heard.append(word)
            finally:
                heard.append("closed")
        """,
        """
        told = []
        talk = callee.talk("a")
        told += [next(talk), talk.send("b"), talk.throw(KeyError("k")), talk.throw(KeyError)]
        try:
            talk.send("end")
        except StopIteration as stop:
            told.append(list(stop.value))
        told.append(list(talk))
        unfinished = callee.talk("x")
        next(unfinished)
        told.append(unfinished.close())
        for bad in (talk, callee.talk("y")):
            try:
                bad.send("too early or late")
            except (TypeError, StopIteration) as error:
                told.append(repr(error))
        told.append((talk.__name__, talk.__qualname__, type(talk).__name__, talk.gi_frame))
        def through():
            return (yield from callee.talk("z"))
        outer = through()
        told += [next(outer), outer.send("q"), outer.throw(KeyError(1))]
        try:
            outer.send("end")
        except StopIteration as stop:
            told.append(list(stop.value))
        return told
        """,
        {"callee.talk"},
    ),
    "generator that refuses to close": (
        """
        def stubborn():
            try:
                yield 1
            except GeneratorExit:
                yield 2
        def returning():
            try:
                yield 1
            except GeneratorExit:
                return "bye"
        """,
        """
        told = []
        stubborn = callee.stubborn()
        next(stubborn)
        try:
            stubborn.close()
        except RuntimeError as error:
            told.append(str(error))
        returning = callee.returning()
        next(returning)
        told.append(returning.close())
        return told
        """,
        {"callee.stubborn", "callee.returning"},
    ),
    "generator that is dropped": (
        """
        ended = []
        def items(name):
            try:
                yield 1
                yield 2
            finally:
                ended.append(name)
        """,
        """
        callee.ended.clear()
        for item in callee.items("loop"):
            break
        del item
        begun = callee.items("begun")
        next(begun)
        never = callee.items("never")
        del begun, never
        return list(callee.ended)
        """,
        {"callee.items"},
    ),
    "coroutine": (
        """
        import asyncio
        async def fetch(x, *, fail=None):
            await asyncio.sleep(0)
            if fail:
                raise fail
            return x * 2
        class Service:
            async def get(self):
                return await fetch(5)
            async def __aenter__(self):
                return self
            async def __aexit__(self, kind, error, traceback):
                return kind is ValueError
            def __await__(self):
                return (yield from fetch(9).__await__())
        """,
        """
        import asyncio
        async def main():
            told = [await callee.fetch(1), await asyncio.gather(callee.fetch(2), callee.fetch(3))]
            task = asyncio.create_task(callee.fetch(4))
            told += [await task, await asyncio.wait_for(callee.fetch(6), 5), await callee.Service().get()]
            async with callee.Service():
                raise ValueError
            told.append(await callee.Service())
            slow = asyncio.create_task(callee.fetch(7))
            await asyncio.sleep(0)
            slow.cancel()
            try:
                await slow
            except asyncio.CancelledError as error:
                told.append(repr(error))
            error = KeyError("same")
            try:
                await callee.fetch(1, fail=error)
            except KeyError as caught:
                told.append(caught is error)
            coroutine = callee.fetch(8)
            told += [coroutine.__name__, coroutine.__qualname__, type(coroutine).__name__]
            coroutine.close()
            return told
        return asyncio.run(main())
        """,
        {"callee.fetch", "callee.Service.get", "callee.Service.__aenter__", "callee.Service.__aexit__"},
    ),
    "asynchronous generator": (
        """
        import asyncio
        async def talk(first):
            heard = [first]
            try:
                while True:
                    await asyncio.sleep(0)
                    try:
                        word = yield len(heard)
                    except KeyError as error:
                        word = repr(error)
                    if word == "end":
                        return
                    heard.append(word)
            finally:
                await asyncio.sleep(0)
                ended.append(heard)
        ended = []
        async def stubborn():
            try:
                yield 1
            except GeneratorExit:
                yield 2
        """,
        """
        import asyncio
        callee.ended.clear()
        async def main():
            told = []
            talk = callee.talk("a")
            told += [await anext(talk), await talk.asend("b"), await talk.athrow(KeyError("k"))]
            try:
                await talk.asend("end")
            except StopAsyncIteration as error:
                told.append(repr(error))
            unfinished = callee.talk("x")
            await anext(unfinished)
            told.append(await unfinished.aclose())
            stubborn = callee.stubborn()
            await anext(stubborn)
            try:
                await stubborn.aclose()
            except RuntimeError as error:
                told.append(str(error))
            async for item in callee.talk("left open"):
                break
            open_at_the_end = callee.talk("open at shutdown")
            keep.append(open_at_the_end)
            await anext(open_at_the_end)
            told.append((talk.__name__, talk.__qualname__, type(talk).__name__))
            return told
        keep = []
        told = asyncio.run(main())
        keep.clear()
        return told, sorted(callee.ended)
        """,
        {"callee.talk", "callee.stubborn"},
    ),
    "context managers": (
        """
        import asyncio, contextlib
        log = []
        @contextlib.contextmanager
        def opened(name):
            log.append(("in", name))
            try:
                yield name.upper()
            except KeyError:
                log.append("swallowed")
            finally:
                log.append(("out", name))
        @contextlib.asynccontextmanager
        async def aopened(name):
            await asyncio.sleep(0)
            try:
                yield name
            finally:
                await asyncio.sleep(0)
                log.append(("aout", name))
        """,
        """
        import asyncio
        callee.log.clear()
        with callee.opened("a") as a:
            pass
        with callee.opened("b"):
            raise KeyError
        try:
            with callee.opened("c"):
                raise ValueError("through")
        except ValueError as error:
            callee.log.append(str(error))
        @callee.opened("d")
        def decorated():
            return 1
        async def main():
            async with callee.aopened("e") as e:
                callee.log.append(e)
            try:
                async with callee.aopened("f"):
                    raise LookupError("f")
            except LookupError as error:
                callee.log.append(repr(error))
        asyncio.run(main())
        return a, decorated(), callee.log
        """,
        {"callee.opened", "callee.aopened"},
    ),
    "decorated": (
        """
        import functools
        def twice(function):
            @functools.wraps(function)
            def wrapper(*arguments, **options):
                return function(*arguments, **options) * 2
            return wrapper
        @twice
        def word(x="w"):
            return x
        calls = []
        @functools.lru_cache(maxsize=None)
        def cached(x):
            calls.append(x)
            return x + 1
        @functools.singledispatch
        def kind(x):
            return "object"
        @kind.register
        def _(x: int):
            return "int"
        @kind.register(list)
        def _list(x):
            return "list of " + ", ".join(map(kind, x))
        class Shape:
            @functools.cached_property
            def area(self):
                calls.append("area")
                return 12
            @functools.singledispatchmethod
            def name(self, x):
                return "other"
            @name.register
            def _(self, x: str):
                return x
            half = functools.partialmethod(lambda self, x, y: x / y, y=2)
        @functools.total_ordering
        class Rank:
            def __init__(self, n): self.n = n
            def __eq__(self, other): return self.n == other.n
            def __lt__(self, other): return self.n < other.n
        """,
        """
        callee.calls.clear()
        callee.cached.cache_clear()
        told = [callee.word(), callee.word("x"), callee.word.__name__, callee.word.__wrapped__("y")]
        told += [callee.cached(1), callee.cached(1), callee.cached.cache_info()]
        told += [callee.kind(1), callee.kind("s"), callee.kind([1, "s"]), callee.kind.dispatch(int)(3)]
        shape = callee.Shape()
        told += [shape.area, shape.area, shape.name(1), shape.name("n"), shape.half(4)]
        told += [callee.Rank(1) >= callee.Rank(0), list(callee.calls)]
        return told
        """,
        {"callee.word", "callee.cached", "callee.kind", "callee.Shape.area", "callee._list"},
    ),
    "generator-based coroutine": (
        """
        import types
        @types.coroutine
        def once(x):
            yield
            return x
        """,
        """
        import asyncio
        async def main():
            return await callee.once(3)
        return asyncio.run(main())
        """,
        {"callee.once"},
    ),
    "callback into the caller": (
        "def each(items, do):\n    return [do(item, each) for item in items]",
        """
        def do(item, again):
            return again(item, do) if isinstance(item, list) else item + 1
        return callee.each([1, [2, [3]]], do)
        """,
        {"callee.each"},
    ),
    "names that could clash": (
        """
        def clash(GET, COMPONENT, ORIGINAL, CROSS, WOVEN, self, __tracebackhide__=1, *, function=2, values=3):
            return GET, COMPONENT, ORIGINAL, CROSS, WOVEN, self, __tracebackhide__, function, values
        """,
        "return callee.clash(1, 2, 3, 4, 5, 6, values=9)",
        {"callee.clash"},
    ),
    "locals, globals and frames of its own": (
        "X = 1\ndef own(a):\n    b = 2\n    return locals(), sorted(globals())[-3:], eval('a + b + X')",
        "return callee.own(1)",
        {"callee.own"},
    ),
}

CALLER = """
import callee

def scenario():
{body}
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_callable(program, kind):
    source, scenario, names = KINDS[kind]
    body = textwrap.indent(textwrap.dedent(scenario).strip(), "    ")
    program.write(callee=textwrap.dedent(source), caller=CALLER.format(body=body))
    recorder = program.compare()
    assert names <= set(recorder.names)
    assert {each.caller for each in recorder.seen if each.component == "callee"} <= {"caller"}
    assert "open" not in {each.outcome for each in recorder.seen}


FACTORY = """
def make():
{body}
    return __import__("types").SimpleNamespace(**locals())
"""


# Classes of one call differ from the next one's; `eval` knows no closure; and the last has a test of its own.
NOT_MADE_LATE = {
    "dataclass, enum, named tuple",
    "locals, globals and frames of its own",
    "generator-based coroutine",
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_MADE_LATE])
def test_a_kind_of_callable_that_is_made_after_weaving(program, kind):
    source, scenario, names = KINDS[kind]
    made = textwrap.indent(textwrap.dedent(source).strip(), "    ")
    body = textwrap.indent("callee = make()\n" + textwrap.dedent(scenario).strip(), "    ")
    program.write(
        callee=FACTORY.format(body=made),
        caller=CALLER.format(body=body).replace("import callee", "from callee import make"),
    )
    recorder = program.compare()
    inner = {name.replace("callee.", "callee.make.<locals>.", 1) for name in names}
    assert inner <= set(recorder.names)
    assert "open" not in {each.outcome for each in recorder.seen}


COMMANDS = """
import click
import prices

@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--loud/--quiet", default=False)
@click.pass_context
def shop(context, loud):
    context.obj = {"loud": loud}

@shop.command("price", short_help="What it costs.")
@click.argument("product")
@click.option("-n", "--number", type=int, default=1, callback=lambda context, option, value: prices.checked(value))
@click.pass_obj
def price(settings, product, number):
    'Tell what some of a product cost.'
    text = f"{product}: {prices.of(product) * number}"
    click.echo(text.upper() if settings["loud"] else text)

@shop.result_callback()
def done(result, loud):
    return prices.told()
"""

PRICES = """
import click
def of(product):
    return {"tea": 3}[product]
def checked(number):
    if number < 1:
        raise click.BadParameter("at least one")
    return number
def told():
    return "told"
"""

CLERK = """
import commands
from click.testing import CliRunner

def scenario():
    told = []
    for line in ("price tea -n 2", "--loud price tea", "price tea -n 0", "price milk", "price -h", "pric"):
        result = CliRunner().invoke(commands.shop, line.split())
        told.append((result.exit_code, result.output, repr(result.exception), result.return_value))
    return told
"""


def test_the_decorators_of_click(program):
    pytest.importorskip("click")
    program.write(commands=COMMANDS, prices=PRICES, clerk=CLERK)
    recorder = program.compare("clerk.scenario")
    crossed = {(each.caller, each.name) for each in recorder.seen}
    assert crossed >= {("clerk", "commands.shop"), ("commands", "prices.of"), ("commands", "prices.checked")}


def test_a_generator_that_is_made_a_coroutine_after_weaving_is_left_alone(program, recorder):
    program.write(
        callee="""
        import types
        def make():
            @types.coroutine
            def wait():
                yield
                return 3
            return wait
        """,
        caller="""
        import asyncio, callee
        async def go():
            return await callee.make()()
        """,
    )
    caller = program.load("caller")
    weave = program.weave(recorder)
    assert asyncio.run(caller.go()) == 3
    assert recorder.names == ["caller.go", "callee.make"]
    assert [each.what for each in weave.skipped] == ["callee.make.<locals>.wait"]


def test_a_function_that_outlives_the_weaving_gets_its_own_code(program, recorder):
    program.write(
        callee="def make(n):\n    def add(a):\n        return a + n\n    return add",
        caller="import callee\ndef go():\n    add = callee.make(2)\n    return add(1), add",
    )
    caller, callee = program.load("caller"), program.load("callee")
    weave = program.weave(recorder)
    three, add = caller.go()
    weave.take_out()
    assert (three, add(1)) == (3, 3)
    assert recorder.one("callee.make.<locals>.add").caller == "caller"
    assert add.__code__ is callee.make(2).__code__


@pytest.mark.parametrize("change", ["__defaults__", "__kwdefaults__"])
def test_defaults_that_change_after_weaving(program, change):
    program.write(
        callee="def f(a=1, *, b=2):\n    return a, b",
        caller="import callee\ndef go():\n    return callee.f()",
    )
    caller, callee = program.load("caller"), program.load("callee")
    program.weave()
    setattr(callee.f, change, (5,) if change == "__defaults__" else {"b": 6})
    assert caller.go() == ((5, 2) if change == "__defaults__" else (1, 6))


def test_a_call_inside_a_component_is_no_crossing(program, recorder):
    program.write(
        callee="""
        def outer(x):
            return inner(x) + sum(items(x))
        def inner(x):
            return x
        def items(x):
            yield x
        """,
        caller="import callee\ndef go():\n    return callee.outer(2)",
    )
    caller = program.load("caller")
    program.weave(recorder)
    assert caller.go() == 4
    assert [(each.caller, each.name) for each in recorder.seen[1:]] == [("caller", "callee.outer")]


def test_tests_are_callers_too(program, recorder):
    program.write(callee="def f():\n    return 1")
    program.file("test_it.py", "import callee\ndef test_f():\n    assert callee.f() == 1\n")
    test = program.load("test_it")
    program.weave(recorder, test="test_it.py::test_f")
    test.test_f()
    seen = recorder.one("callee.f")
    assert (seen.caller, seen.test, str(seen.place)) == ("<tests>", "test_it.py::test_f", "test_it.py:3")


DEPTHS = """
import callee
def deepest(function):
    low, high = 1, 20_000
    while low < high:
        middle = (low + high + 1) // 2
        try:
            function(middle)
            low = middle
        except RecursionError:
            high = middle - 1
    return low
"""


@pytest.mark.parametrize("function", ["alone", "there", "generator"])
def test_a_recursion_that_fits_bare_fits_woven(program, function):
    program.write(
        callee="""
        def alone(n):
            return n and alone(n - 1)
        def there(n):
            import caller
            return n and caller.back(n)
        def generator(n):
            if n:
                yield from generator(n - 1)
            yield n
        """,
        caller=DEPTHS + "def back(n):\n    return callee.there(n - 1)\n",
    )
    caller, callee = program.load("caller"), program.load("callee")
    recurse = getattr(callee, function)
    run = (lambda n: sum(1 for _ in recurse(n))) if function == "generator" else recurse
    bare = caller.deepest(run)
    program.weave()
    run(bare)
