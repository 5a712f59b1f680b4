"""Names that another component is asked for and certainly does not have; nothing that may be dynamic is told."""

from __future__ import annotations

import pytest

LEDGER = """
    class Client:
        retries = 3

        def __init__(self):
            self.on_sent = print

        def send(self, mail): ...

    def revoke_all(account): ...
"""
ORDER = """
    import ledger
    from ledger import Client

    class Order:
        def __init__(self, client: Client):
            self._client = client

        def cancel(self, given: "ledger.Client"):
            {call}
"""


@pytest.fixture
def absent(tree):
    """The names that are found absent in a project of ``ledger`` and ``order``."""

    def _absent(call="...", ledger=LEDGER, order=ORDER, **more):
        project = tree.flat(ledger=ledger, order=order.format(call=call), **more)
        assert not [problem for problem in project.problems if "parsed" in problem.message]
        return [(each.callable, each.near, each.place.line) for each in project.absences]

    return _absent


@pytest.mark.parametrize(
    ("call", "callable_name", "near"),
    [
        ("ledger.revoke(1)", "ledger.revoke", "revoke_all"),
        ("ledger.unheard_of()", "ledger.unheard_of", ""),
        ("from ledger import revoke", "ledger.revoke", "revoke_all"),
        ("self._client.send_all()", "ledger.Client.send_all", "send"),
        ("given.send_all()", "ledger.Client.send_all", "send"),
        ("Client().send_all()", "ledger.Client.send_all", "send"),
        ("ledger.Client.of(1)", "ledger.Client.of", ""),
        ("(self._client or Client()).send_all()", "ledger.Client.send_all", "send"),
    ],
)
def test_a_name_that_is_nowhere(absent, call, callable_name, near):
    assert absent(call) == [(callable_name, near, 10)]


@pytest.mark.parametrize(
    "call",
    [
        "ledger.revoke_all(1)",
        "given.send(1)",
        "given.on_sent()",
        "given.__reduce__()",
        "Client.mro()",
        "hasattr(given, 'send_all') and given.send_all()",
        "isinstance(given, Order) and given.cancel()",
        "getattr(ledger, 'revoke')(1)",
    ],
)
def test_a_name_that_is_there_or_is_asked_for_first(absent, call):
    assert absent(call) == []


@pytest.mark.parametrize(
    "more",
    [
        "def __getattr__(name): ...",
        "from os import *",
        "globals()['revoke'] = print",
        "TABLE = {'revoke': print}",
        "def load():\n        global revoke\n        revoke = print",
        "if sys.platform == 'win32':\n        def revoke(): ...",
    ],
)
def test_a_module_that_may_have_more_names(absent, more):
    assert absent("ledger.revoke(1)", ledger=f"{LEDGER}\n    {more}\n") == []


@pytest.mark.parametrize(
    "head",
    [
        "class Client(Foreign):",
        "@registered\n    class Client:",
        "class Client(metaclass=Meta):",
        "class Client:\n        def __getattr__(self, name): ...\n",
        "class Client:\n        __slots__ = ('send_all',)\n",
    ],
)
def test_a_class_that_may_have_more_names(absent, head):
    ledger = LEDGER.replace("class Client:", head)
    assert (
        absent("given.send_all()", ledger=f"\n    from library import Foreign, Meta, registered{ledger}")
        == []
    )


@pytest.mark.parametrize(
    "other",
    [
        "import ledger\nledger.Client.send_all = print\n",
        "import ledger\nfor name in 'ab':\n    setattr(ledger.Client, name, print)\n",
        "import ledger\nclass Bulk(ledger.Client):\n    def send_all(self): ...\n",
    ],
)
def test_a_name_that_another_module_adds(absent, other):
    assert absent("given.send_all()", bulk=other) == []


def test_a_missing_name_that_the_code_expects(absent):
    order = """
        import ledger
        try:
            from ledger import revoke
        except ImportError:
            revoke = None

        def cancel():
            try:
                ledger.cancel()
            except AttributeError:
                pass
    """
    assert absent(order=order) == []


def test_what_a_decorated_or_an_unannotated_function_gives_is_not_known(absent):
    more = """
    @wrapped
    def client() -> Client: ...
    def other(): return Client()
    """
    assert absent("ledger.client().wait()", ledger=LEDGER + more) == []
    assert absent("ledger.other().wait()", ledger=LEDGER + more) == []
    assert absent("ledger.other2().wait()", ledger=LEDGER + more)[0][0] == "ledger.other2"


@pytest.mark.parametrize(
    ("default", "found"),
    [
        ("client or ledger.Client()", ["ledger.Client.send_all"]),
        ("client if client is not None else ledger.Client()", ["ledger.Client.send_all"]),
        ("client or ledger.made()", []),
        ("client or object()", []),
    ],
)
def test_a_collaborator_that_is_handed_in_or_made(tree, default, found):
    order = f"""
        import ledger

        class Order:
            def __init__(self, client: ledger.Client | None = None):
                self._client = {default}

            def cancel(self):
                self._client.send_all()
    """
    project = tree.flat(ledger=f"{LEDGER}\n    def made(): ...\n", order=order)

    assert [each.callable for each in project.absences] == found


def test_a_call_that_is_told_is_not_unresolved_as_well(tree):
    project = tree.flat(ledger=LEDGER, order=ORDER.format(call="given.sends()"))
    assert (len(project.absences), project.unresolved) == (1, ())
