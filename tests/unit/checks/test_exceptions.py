"""What is tried, and what is said of a failure, by what the caller was told and by what was done.

The trials are hand-made: a shop's ``order`` calls ``store``, which calls sqlite3, and ``mail``, which calls smtplib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from dryfit.checks import exceptions
from dryfit.checks.experiments import DOMAIN_ERROR, MOST_TESTS, WIRE_RANK, Planner, known_failures, shown_of
from dryfit.checks.faulted import Faulted, Tried
from dryfit.checks.mishandled import told
from dryfit.checks.pairs import SECOND, Pairs
from dryfit.model.chain import Link, LinkKind
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.seam import DRIVER, Effect, Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.structure import Component, Interface, ProjectMap, Tolerated
from dryfit.model.trial import (
    Boundary,
    Crossed,
    Effected,
    ErrorSeen,
    Experiment,
    Fault,
    Leak,
    Offer,
    Point,
    Strike,
    Trial,
    When,
)

TEST = "test_order.py::test_buy"
DISK_FULL = Fault("disk-full", "sqlite3.OperationalError", "database or disk is full")


@dataclass
class Story:
    """One trial, told crossing by crossing; ``rows`` are those of the table ``orders`` after its entry."""

    crossings: list[Crossed] = field(default_factory=list)
    errors: list[ErrorSeen] = field(default_factory=list)
    effects: list[Effected] = field(default_factory=list)
    rows: Sequence[str] | None = None
    rows_before: Sequence[str] = ()

    def call(
        self,
        name: str,
        above: int = -1,
        *,
        effect: Effect = "call",
        result: str = "NoneType",
        error: int = -1,
        told: tuple[tuple[str, str], ...] = (),
        offers: tuple[Offer, ...] = (),
        line: int = 1,
        nth: int = 1,
        given: str = "",
        stand_in: str = "",
    ) -> int:
        """Add a crossing below another one; gives its index."""
        callee = name.partition(".")[0]
        around = self.crossings[above].point.seam if above >= 0 else None
        caller = around.callee if around else DRIVER
        site = Place(f"{caller}.py", line, around.callable if around else "test_buy")
        crossed = Crossed(
            index=len(self.crossings),
            parent=above,
            point=Point(Seam(caller, callee, name), site, nth),
            effect=effect,
            outcome="returned" if error < 0 else "raised",
            result=result if error < 0 else self.errors[error].bases[0],
            error=error,
            told=told,
            offers=offers,
            given=given,
            stand_in=stand_in,
        )
        self.crossings.append(crossed)
        return crossed.index

    def error(
        self, name: str, text: str = "", *chain: int, injected: bool = False, path: tuple[Place, ...] = ()
    ) -> int:
        """Add an exception; gives its number."""
        number = len(self.errors)
        self.errors.append(ErrorSeen(number, (name, "Exception"), text, chain, path=path, injected=injected))
        return number

    def effect(self, crossing: int, what: str, source: str = "smtp", key: str = "") -> None:
        """Add an effect that lasts."""
        self.effects.append(Effected(crossing, source, what, key or what))

    def trial(self, experiment: Experiment | None = None, **more: object) -> Trial:
        """All of it."""
        boundaries = (
            () if self.rows is None else (Boundary(0, _digest(self.rows_before), _digest(self.rows)),)
        )
        trial = Trial(
            TEST,
            experiment,
            "passed",
            0.01,
            fired=experiment is not None,
            crossings=tuple(self.crossings),
            errors=tuple(self.errors),
            effects=tuple(self.effects),
            boundaries=boundaries,
        )
        return replace(trial, **more)  # type: ignore[arg-type]  # fields by name


def _digest(rows: Sequence[str]) -> Digest:
    columns = (Column("sku", key=True),)
    return Digest((Contents("sqlite shop.db", "orders", columns, tuple((f'"{row}"',) for row in rows)),))


def tried(
    baseline: Story, faulted: Story, at: int, when: When = "before", fault: Fault = DISK_FULL, **more: object
) -> Tried:
    """The trial ``faulted``, whose fault was at the crossing ``at``, beside two equal baselines."""
    experiment = Experiment(TEST, faulted.crossings[at].point, when, fault)
    usual = baseline.trial(leaks=(Leak("thread", "pool"),))
    return Tried(faulted.trial(experiment, **more), (usual, usual))


ON_WIRE = Fault("wire-reply-lost", "", "has done its work and the wire loses its reply")
LOST = Fault("connection-lost", "smtplib.SMTPServerDisconnected", "Connection unexpectedly closed")


def findings(*each):
    return [(found.rule, found.severity) for found in exceptions.judge(each).judgement.findings]


def messages(*each):
    return [found.message for found in exceptions.judge(each).judgement.findings]


def buying(*, saved=True, mailed=True, result="order.Receipt", told=((".status", "'paid'"),)):
    """An order that is saved, and told by mail, as it usually goes."""
    story = Story(rows=["tea"] if saved else [])
    entry = story.call("order.buy", result=result, told=told)
    save = story.call("store.save", entry)
    story.call("sqlite3.Connection.commit", save, effect="write")
    mail = story.call("mail.send", entry, line=2)
    sent = story.call("smtplib.SMTP.sendmail", mail, effect="send")
    if mailed:
        story.effect(sent, "mail to ann@example.com: order")
    return story


def losing_the_mail(told=((".status", "'paid'"),), *, result="order.Receipt"):
    """The same with a mail server that goes away, which nobody hears of: the trial, who mails, and where it failed."""
    faulted = Story(rows=["tea"])
    lost = faulted.error("smtplib.SMTPServerDisconnected", LOST.text, injected=True)
    entry = faulted.call("order.buy", result=result, told=told)
    save = faulted.call("store.save", entry)
    faulted.call("sqlite3.Connection.commit", save, effect="write")
    mail = faulted.call("mail.send", entry, line=2)
    return faulted, mail, faulted.call("smtplib.SMTP.sendmail", mail, effect="send", error=lost)


OUTBOX = Contents("mail smtp", "mails", (Column("sent"), Column("content")))
MAILED = replace(OUTBOX, rows=(('"mail to ann@example.com: order"', '"3f"'),))


def with_outbox(trial: Trial, outbox: Contents) -> Trial:
    """The same with what was sent among the state after the entry."""
    (around,) = trial.boundaries
    after = replace(around.after, contents=(*around.after.contents, outbox))
    return replace(trial, boundaries=(replace(around, after=after),))


def test_what_was_sent_is_told_as_the_state_and_not_once_more():
    faulted, _, at = losing_the_mail()
    case = tried(buying(), faulted, at, fault=LOST)
    usual = tuple(with_outbox(each, MAILED) for each in case.baselines)
    with_outboxes = Tried(with_outbox(case.trial, OUTBOX), usual)
    (plain,), (found,) = (exceptions.judge([each]).judgement.findings for each in (case, with_outboxes))
    assert (found.id, found.message) == (plain.id, plain.message)
    assert {fact.name: fact.value for fact in found.evidence}["done without the fault"] == (
        "mails: 1 more (mail to ann@example.com: order)",
        'orders: 1 row added (sku="tea")',
    )


def test_what_is_sent_otherwise_is_another_state():
    """The effects are alike, and the state tells that it was not the same mail."""
    faulted, _, at = losing_the_mail(told=())
    faulted.effect(at, "mail to ann@example.com: order")
    case = tried(buying(), faulted, at, fault=LOST)
    usual = tuple(with_outbox(each, MAILED) for each in case.baselines)
    other = replace(OUTBOX, rows=(('"mail to ann@example.com: order"', '"7a"'),))
    same, otherwise = (
        Faulted.of(Tried(with_outbox(case.trial, outbox), usual)) for outbox in (MAILED, other)
    )
    assert same is not None
    assert otherwise is not None
    assert (same.is_complete, otherwise.is_complete) == (True, False)


def test_a_mail_that_nobody_misses_is_swallowed():
    faulted, _, at = losing_the_mail()
    case = tried(buying(), faulted, at, fault=LOST)
    assert findings(case) == [("DF301", "error")]
    assert messages(case) == [
        "mail.send goes on as if smtplib.SMTP.sendmail had worked, when smtplib.SMTP.sendmail fails with"
        " smtplib.SMTPServerDisconnected (missing: smtp: mail to ann@example.com: order)"
    ]


def test_a_fallback_that_a_test_shows_is_meant(make):
    faulted, _, at = losing_the_mail()
    case = tried(buying(), faulted, at, fault=LOST)
    sends = make.behaviour("mail.send")
    fails = make.behaviour("smtplib.SMTP.sendmail", caller="mail", outcome="raised")
    seen = make.observations(sends, fails)
    assert exceptions.judge([case], seen).judgement.findings == ()
    failed = replace(seen, traces=tuple(replace(each, outcome="failed") for each in seen.traces))
    assert [each.rule for each in exceptions.judge([case], failed).judgement.findings] == ["DF301"]


def test_success_that_is_told_of_nothing_done_is_misreported():
    baseline = Story(rows=["tea"])
    entry = baseline.call("order.buy", result="bool", told=(("", "True"),))
    baseline.call("sqlite3.Connection.commit", entry, effect="write")
    faulted = Story(rows=[])
    full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    entry = faulted.call("order.buy", result="bool", told=(("", "True"),))
    at = faulted.call("sqlite3.Connection.commit", entry, effect="write", error=full)
    assert findings(tried(baseline, faulted, at)) == [("DF308", "error")]


def test_who_says_otherwise_has_told_of_the_failure():
    baseline = Story(rows=["tea"])
    entry = baseline.call("order.buy", result="bool", told=(("", "True"),))
    baseline.call("sqlite3.Connection.commit", entry, effect="write")
    faulted = Story(rows=[])
    full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    entry = faulted.call("order.buy", result="bool", told=(("", "False"),))
    at = faulted.call("sqlite3.Connection.commit", entry, effect="write", error=full)
    assert findings(tried(baseline, faulted, at)) == []


def answered(told, *, result="order.Receipt"):
    """The order is saved, its mail fails, and the caller gets another answer than usual."""
    faulted, _, at = losing_the_mail(told, result=result)
    return tried(buying(), faulted, at, fault=LOST)


@pytest.mark.parametrize("told", [((".status", "'paid, but not confirmed'"),), ((".confirmed", "False"),)])
def test_an_answer_that_says_what_was_done_and_what_was_not_is_no_failure(told):
    assert findings(answered(told)) == []


@pytest.mark.parametrize(
    ("told", "result"),
    [
        ((("", "False"),), "bool"),
        ((("", "None"),), "NoneType"),
        (((".status_code", "503"),), "starlette.responses.JSONResponse"),
        (((".ok", "False"),), "order.Receipt"),
    ],
)
def test_an_answer_that_says_no_while_part_of_the_work_stays_is_a_partial_effect(told, result):
    assert findings(answered(told, result=result)) == [("DF302", "error")]


def test_what_was_put_aside_for_later_is_not_swallowed():
    faulted, mail, at = losing_the_mail()
    put = faulted.call("sqlite3.Connection.execute", mail, effect="write")
    faulted.effect(put, "INSERT INTO outbox VALUES (?)", "sqlite later.db")
    assert findings(tried(buying(), faulted, at, fault=LOST)) == []


@pytest.mark.parametrize(
    ("usual", "now", "rules"),
    [
        (["0"], ["1"], []),  # sys.exit(1) is not sys.exit(0)
        ([], ["1"], []),
        (["0"], ["0", "0"], []),
        (["0"], ["0"], ["DF301"]),
        (["0"], [], ["DF301"]),
    ],
)
def test_what_a_stand_in_was_told_is_an_answer(usual, now, rules):
    stories = []
    faulted, _, at = losing_the_mail()
    for story, given in ((buying(), usual), (faulted, now)):
        for nth, each in enumerate(given, 1):
            story.call("sys.exit", 0, line=9, nth=nth, given=each, stand_in="sys.exit")
        stories.append(story)
    found = findings(tried(*stories, at, fault=LOST))
    assert [rule for rule, _ in found] == rules


def test_what_differs_between_the_baselines_is_no_answer():
    usual = [buying(), buying()]
    faulted, _, at = losing_the_mail()
    for number, story in enumerate([*usual, faulted]):
        story.call("clock.now", 0, given=str(number), stand_in="clock.now")
    first, second = (story.trial() for story in usual)
    experiment = Experiment(TEST, faulted.crossings[at].point, "before", LOST)
    assert findings(Tried(faulted.trial(experiment), (first, second))) == [("DF301", "error")]


def test_what_follows_where_a_stand_in_took_the_end_s_place_masks_nothing():
    baseline, faulted = Story(), Story()
    entry = baseline.call("order.buy")
    baseline.call("sqlite3.Connection.commit", entry, effect="write")
    full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    unbound = faulted.error("builtins.UnboundLocalError", "order is not bound")
    entry = faulted.call("order.buy", error=unbound)
    at = faulted.call("sqlite3.Connection.commit", entry, effect="write", error=full)
    assert findings(tried(baseline, faulted, at)) == [("DF303", "error")]
    faulted.call("argparse.ArgumentParser.error", entry, stand_in="argparse.ArgumentParser.error")
    assert findings(tried(baseline, faulted, at)) == []


def raised_after_saving(rows, *, cause):
    faulted = Story(rows=rows)
    lost = faulted.error("smtplib.SMTPServerDisconnected", LOST.text, injected=True)
    own = faulted.error("mail.MailError", "the mail was not sent", *([lost] if cause else []))
    entry = faulted.call("order.buy", error=own)
    save = faulted.call("store.save", entry)
    faulted.call("sqlite3.Connection.commit", save, effect="write")
    mail = faulted.call("mail.send", entry, line=2, error=own)
    at = faulted.call("smtplib.SMTP.sendmail", mail, effect="send", error=lost)
    return tried(buying(), faulted, at, fault=LOST)


def test_an_order_that_stays_though_its_buyer_hears_of_a_failure_is_a_partial_effect():
    case = raised_after_saving(["tea"], cause=True)
    assert findings(case) == [("DF302", "error")]
    assert "order.buy leaves its work half done" in messages(case)[0]


def test_a_finding_tells_the_way_of_the_failure():
    faulted = Story(rows=["tea"])
    lost = faulted.error(
        "smtplib.SMTPServerDisconnected", "", injected=True, path=(Place("order.py", 5), Place("mail.py", 9))
    )
    own = faulted.error("order.OrderError", "", lost, path=(Place("order.py", 7),))
    entry = faulted.call("order.buy", error=own)
    save = faulted.call("store.save", entry)
    faulted.call("sqlite3.Connection.commit", save, effect="write")
    mail = faulted.call("mail.send", entry, line=2, error=lost)
    at = faulted.call("smtplib.SMTP.sendmail", mail, effect="send", error=lost)
    told = exceptions.judge([tried(buying(), faulted, at, fault=LOST)]).judgement.findings
    (found,) = (each for each in told if each.rule == "DF302")
    (chain,) = (fact.value for fact in found.evidence if fact.name == "chain by tracebacks")
    assert chain == ("smtplib.SMTPServerDisconnected: mail.py:9 → order.py:5", "order.OrderError: order.py:7")


def passing(*steps: tuple[LinkKind, str]) -> tuple[Link, ...]:
    """The way of a lost connection through these callables, each in its component's file."""
    files = [name.partition(".")[0] for _, name in steps]
    return tuple(
        Link(kind, Place(f"{file}.py", 9, name.partition(".")[2]), file, name, LOST.exception, "...")
        for (kind, name), file in zip(steps, files, strict=True)
    )


RAISED = ("raised", "mail.send")


@pytest.mark.parametrize(
    ("steps", "handler"),
    [
        ((RAISED, ("caught", "mail.send")), "mail.send"),
        ((RAISED, ("passed", "mail._try"), ("caught", "mail._try")), "mail._try"),
        ((RAISED, ("thrown into", "mail._quiet"), ("caught", "mail._quiet")), "mail.send"),
        ((RAISED, ("passed", "guards.run"), ("caught", "guards.run")), "mail.send"),
        ((RAISED, ("caught", "mail.quietly.<locals>.wrapper")), "mail.send"),
        ((RAISED, ("left", "mail.send")), "mail.send"),
        ((), "mail.send"),
    ],
)
def test_a_failure_is_swallowed_where_it_was_caught(steps, handler):
    faulted, _, at = losing_the_mail()
    case = tried(buying(), faulted, at, fault=LOST)
    case = replace(case, trial=replace(case.trial, propagation=passing(*steps)))
    (found,) = exceptions.judge([case]).judgement.findings
    assert (found.rule, _fact(found, "handled in"), found.path) == ("DF301", handler, case.trial.propagation)
    assert len(_fact(found, "chain") or ()) == len(steps)


def test_the_way_of_a_failure_is_told_with_its_lines():
    faulted, _, at = losing_the_mail()
    case = tried(buying(), faulted, at, fault=LOST)
    outside = Link(
        "caught", Place("retry/core.py", 3, "call"), "", "retry.core.call", LOST.exception, "except E:"
    )
    way = (*passing(RAISED, ("passed", "order.buy")), outside)
    (found,) = exceptions.judge(
        [replace(case, trial=replace(case.trial, propagation=way))]
    ).judgement.findings
    assert _fact(found, "chain") == (
        "raised at mail.py:9 in send: ... (smtplib.SMTPServerDisconnected)",
        "passed order.py:9 in buy: ...",
        "caught at retry/core.py:3 in call, outside of the project: except E:",
    )


def _fact(found, name):
    return next((fact.value for fact in found.evidence if fact.name == name), None)


def test_a_program_that_was_run_cannot_be_taken_back():
    baseline, faulted = Story(rows=["tea"]), Story(rows=[])
    full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    for story, error in ((baseline, -1), (faulted, full)):
        entry = story.call("order.buy", error=error)
        run = story.call("subprocess.Popen", entry, effect="send")
        story.effect(run, "run make-label", source="programs")
        at = story.call("sqlite3.Connection.commit", entry, effect="write", error=error)
    assert findings(tried(baseline, faulted, at)) == [("DF302", "warning")]


def marking(now, usual, *, sends=True, key=True):
    """An order that is written, sent, and marked; the caller hears of a failure after the first step."""
    columns = (Column("nr", key=key), Column("state"))
    baseline, faulted = Story(), Story()
    gone = faulted.error("gateway.Down", "no answer", injected=True)
    for story, error in ((baseline, -1), (faulted, gone)):
        entry = story.call("order.pay", error=error)
        at = story.call("gateway.charge", entry, error=error)
    if sends:
        baseline.effect(at, "POST /charges", source="http://bank")
    before, *after = (
        Digest((Contents("sqlite shop.db", "orders", columns, rows),)) for rows in ((), now, usual)
    )
    trials = (Boundary(0, before, each) for each in after)
    experiment = Experiment(TEST, faulted.crossings[at].point, "before", Fault(DOMAIN_ERROR, "gateway.Down"))
    trial = faulted.trial(experiment, boundaries=(next(trials),))
    beside = baseline.trial(boundaries=(next(trials),))
    return Tried(trial, (beside, beside))


def test_of_a_call_that_no_line_of_the_project_makes_no_place_is_told():
    """A pool that is given a connection back asks in a task of its own."""
    point = Point(Seam("store", "asyncpg", "asyncpg.Connection.execute"), Place("", 0), 1)
    cut = Fault("cancelled", "asyncio.CancelledError")
    assert told(Experiment(TEST, point, "before", cut)) == (
        "asyncio.CancelledError before asyncpg.Connection.execute"
    )
    again = replace(point, nth=2)
    assert told(Experiment(TEST, again, "before", cut)).endswith("asyncpg.Connection.execute (call 2)")


@pytest.mark.parametrize(
    ("now", "usual", "severity"),
    [
        ([('"o1"', '"pending"')], [('"o1"', '"paid"')], "warning"),
        ([('"o1"', "0")], [('"o1"', "1")], "warning"),
        ([('"o1"', "null")], [('"o1"', '"ch_1"')], "warning"),
        ([('"o1"', "5")], [('"o1"', "15")], "error"),  # half a sum looks like a whole one
        ([('"o1"', '"paid"')], [('"o1"', '"paid"'), ('"o2"', '"paid"')], "error"),
        (
            [('"lock"', '"held"')],
            [('"o1"', '"paid"')],
            "error",
        ),  # what is taken away at the end stands in the way
    ],
)
def test_a_row_that_says_that_it_is_not_done_is_a_warning(now, usual, severity):
    assert findings(marking(tuple(now), tuple(usual))) == [("DF302", severity)]


def test_a_row_that_one_transaction_would_have_taken_back_is_an_error():
    tried_here = marking((('"o1"', '"pending"'),), (('"o1"', '"paid"'),), sends=False)
    assert findings(tried_here) == [("DF302", "error")]


def test_a_row_without_a_key_says_nothing():
    tried_here = marking((('"o1"', '"pending"'),), (('"o1"', '"paid"'),), key=False)
    assert findings(tried_here) == [("DF302", "error")]


def keeping(place, rows, rows_before=()):
    """The state of one thing in memory, or of one file."""
    source = "memory" if place == "memory" else "files"
    columns = (Column("path", key=True),)
    before, after = (
        Digest((Contents(source, "thing", columns, tuple((f'"{row}"',) for row in held)),))
        for held in (rows_before, rows)
    )
    return (Boundary(0, before, after),)


@pytest.mark.parametrize(
    ("surfaced", "found"), [("builtins.SystemExit", []), ("order.Error", [("DF302", "error")])]
)
def test_what_is_in_memory_is_given_up_where_the_program_ends(surfaced, found):
    baseline, faulted = Story(), Story()
    full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    ends = faulted.error(surfaced, "", full)
    for story, errors in ((baseline, (-1, -1)), (faulted, (ends, full))):
        entry = story.call("order.buy", error=errors[0])
        at = story.call("sqlite3.Connection.commit", entry, effect="write", error=errors[1])
    usual = baseline.trial(boundaries=keeping("memory", ["a", "b"]))
    experiment = Experiment(TEST, faulted.crossings[at].point, "before", DISK_FULL)
    now = faulted.trial(experiment, boundaries=keeping("memory", ["a"]))
    assert findings(Tried(now, (usual, usual))) == found


def half_changed():
    """Objects in memory that stay half changed."""
    baseline, faulted = Story(), Story()
    gone = faulted.error("stock.OutOfStock", "no tea", injected=True)
    for story, error in ((baseline, -1), (faulted, gone)):
        entry = story.call("order.plan", error=error)
        at = story.call("stock.take", entry, error=error)
    usual = baseline.trial(boundaries=keeping("memory", ["a", "b"]))
    experiment = Experiment(
        TEST, faulted.crossings[at].point, "before", Fault(DOMAIN_ERROR, "stock.OutOfStock")
    )
    return Tried(faulted.trial(experiment, boundaries=keeping("memory", ["a"])), (usual, usual))


def test_objects_count_less_where_the_state_is_kept_elsewhere():
    assert findings(half_changed()) == [("DF302", "error")]
    lasting = buying(saved=True)
    faulted, _, at = losing_the_mail()
    assert ("DF302", "warning") in findings(half_changed(), tried(lasting, faulted, at, fault=LOST))


def test_what_a_library_makes_of_an_exception_of_a_callback_is_not_masked():
    baseline, faulted = Story(), Story()
    first = faulted.error("dates.NoDate", "no date", injected=True)
    other = faulted.error("sqlite3.OperationalError", "user-defined function raised exception")
    for story, errors in ((baseline, (-1, -1, -1)), (faulted, (other, other, first))):
        entry = story.call("order.convert", error=errors[0])
        runs = story.call("sqlite3.Connection.execute", entry, effect="write", error=errors[1])
        at = story.call("dates.parse", runs, error=errors[2])
    fault = Fault(DOMAIN_ERROR, "dates.NoDate", "injected by dryfit")
    assert findings(tried(baseline, faulted, at, fault=fault)) == []


@pytest.mark.parametrize(
    ("place", "tolerated", "severity"),
    [
        ("files", Tolerated("order.py", 2, 2, ("OSError",)), "warning"),
        ("memory", Tolerated("order.py", 2, 2, ("OSError",)), "error"),
        ("files", Tolerated("order.py", 2, 2, ("ValueError",)), "error"),
        ("files", Tolerated("order.py", 3, 4, ("OSError",)), "error"),
        ("files", Tolerated("stock.py", 2, 2, ("OSError",)), "error"),
    ],
)
def test_a_file_whose_failure_the_source_passes_over_by_name_is_a_warning(place, tolerated, severity):
    baseline, faulted = Story(), Story()
    full = len(faulted.errors)
    faulted.errors.append(ErrorSeen(full, ("builtins.OSError", "builtins.Exception"), "", injected=True))
    for story, error in ((baseline, -1), (faulted, full)):
        entry = story.call("order.buy")
        at = story.call("builtins.open", entry, effect="write", error=error, line=2)
    usual = baseline.trial(boundaries=keeping(place, ["a"]))
    experiment = Experiment(
        TEST, faulted.crossings[at].point, "before", Fault("disk-full", "builtins.OSError")
    )
    case = Tried(faulted.trial(experiment, boundaries=keeping(place, [])), (usual, usual))
    (found,) = exceptions.judge([case], tolerated=[tolerated]).judgement.findings
    assert (found.rule, found.severity) == ("DF301", severity)


def test_an_order_that_was_taken_back_is_handled_well():
    assert findings(raised_after_saving([], cause=True)) == []


def test_an_exception_without_its_cause_is_masked():
    case = raised_after_saving([], cause=False)
    assert findings(case) == [("DF303", "error")]
    assert "mail.send raises mail.MailError and loses the cause" in messages(case)[0]


@pytest.mark.parametrize("text", ["not sent: Connection unexpectedly closed"])
def test_an_exception_that_says_what_went_wrong_has_not_lost_it(text):
    faulted = Story(rows=[])
    lost = faulted.error("smtplib.SMTPServerDisconnected", LOST.text, injected=True)
    own = faulted.error("mail.MailError", text)
    entry = faulted.call("order.buy", error=own)
    mail = faulted.call("mail.send", entry, line=2, error=own)
    at = faulted.call("smtplib.SMTP.sendmail", mail, effect="send", error=lost)
    assert findings(tried(buying(), faulted, at, fault=LOST)) == []


def test_what_a_client_does_twice_by_itself_is_a_duplicate_of_its_caller():
    usual, twice = Story(), Story()
    for story, times in ((usual, 1), (twice, 2)):
        entry = story.call("order.buy")
        mail = story.call("smtplib.SMTP.sendmail", entry, effect="send")
        for _ in range(times):
            story.effect(mail, "mail to ann")
    (found,) = exceptions.judge([tried(usual, twice, mail, "after", ON_WIRE)]).judgement.findings
    assert (found.rule, found.severity) == ("DF306", "error")
    assert found.message == (
        "smtplib, called by order.buy, does again what was done, when smtplib.SMTP.sendmail has done its work and the"
        " wire loses its reply (twice: smtp: mail to ann)"
    )
    assert {fact.name: fact.value for fact in found.evidence}["faults"] == (
        "smtplib.SMTP.sendmail (order.py:1) has done its work and the wire loses its reply",
    )


def test_a_second_mail_after_a_lost_reply_is_a_duplicate():
    faulted, mail, at = losing_the_mail()
    faulted.effect(at, "mail to ann@example.com: order")
    again = faulted.call("smtplib.SMTP.sendmail", mail, effect="send", nth=2)
    faulted.effect(again, "mail to ann@example.com: order")
    case = tried(buying(), faulted, at, "after", LOST)
    assert findings(case) == [("DF306", "error")]
    assert "mail.send does again what was done" in messages(case)[0]


def test_a_retry_of_what_had_not_happened_is_handled_well():
    faulted, mail, at = losing_the_mail()
    again = faulted.call("smtplib.SMTP.sendmail", mail, effect="send", nth=2)
    faulted.effect(again, "mail to ann@example.com: order")
    assert findings(tried(buying(), faulted, at, fault=LOST)) == []


def committing(rows, *, read_after=False):
    baseline = Story(rows=["tea"])
    entry = baseline.call("store.save")
    baseline.call("psycopg.Connection.commit", entry, effect="write")
    baseline.call("psycopg.Cursor.execute", entry, effect="read", line=2)
    faulted = Story(rows=rows)
    lost = faulted.error("psycopg.OperationalError", "the connection is lost", injected=True)
    own = faulted.error("store.Unavailable", "no database", lost)
    entry = faulted.call("store.save", error=own)
    commit = faulted.call(
        "psycopg.Connection.commit", entry, effect="write", error=-1 if read_after else lost
    )
    if not read_after:
        return tried(baseline, faulted, commit, "after")
    return tried(
        baseline, faulted, faulted.call("psycopg.Cursor.execute", entry, effect="read", line=2, error=lost)
    )


def signing_up(*addresses: str, error: str = "") -> tuple[Story, int]:
    """A user is saved in a database that has no digest, and then read; the address is made by a generator."""
    story = Story()
    failure = story.error(error, "the connection is lost", injected=True) if error else -1
    entry = story.call("store.save", error=failure)
    for nth, address in enumerate(addresses, 1):
        written = story.call("psycopg.Cursor.execute", entry, effect="write", nth=nth)
        story.effect(written, f"INSERT INTO users (email) VALUES (%s) with {address}", "postgres shop")
    read = story.call("psycopg.Cursor.execute", entry, effect="read", line=2, error=failure)
    return story, read


def beside(faulted: Story, at: int, *baselines: Story) -> Tried:
    """The trial beside two baselines that are not alike."""
    first, second = baselines
    experiment = Experiment(TEST, faulted.crossings[at].point, "before", LOST)
    return Tried(faulted.trial(experiment), (first.trial(), second.trial()))


def test_work_with_values_of_chance_is_known_again():
    faulted, at = signing_up("tqxv@b.io", error="psycopg.OperationalError")
    case = beside(faulted, at, signing_up("kpwa@b.io")[0], signing_up("zzhe@b.io")[0])
    assert findings(case) == [("DF308", "warning")]
    assert "all of its work is done" in messages(case)[0]


def test_work_with_values_of_chance_is_told_where_a_part_of_it_is_missing():
    faulted, at = signing_up("tqxv@b.io", error="psycopg.OperationalError")
    case = beside(
        faulted, at, signing_up("kpwa@b.io", "kpwb@b.io")[0], signing_up("zzhe@b.io", "zzhf@b.io")[0]
    )
    assert findings(case) == [("DF302", "error")]


def test_work_with_values_of_chance_that_is_done_twice_is_a_duplicate():
    faulted, at = signing_up("tqxv@b.io", "mnop@b.io", error="psycopg.OperationalError")
    case = beside(faulted, at, signing_up("kpwa@b.io")[0], signing_up("zzhe@b.io")[0])
    assert [rule for rule, _ in findings(case)] == ["DF306"]


def test_a_lost_reply_of_a_commit_is_ambiguous():
    case = committing(["tea"])
    assert findings(case) == [("DF308", "warning")]
    assert "ambiguous" in messages(case)[0]


def test_a_failure_after_all_was_done_is_misreported():
    assert findings(committing(["tea"], read_after=True)) == [("DF308", "warning")]


def test_a_trial_that_hangs_is_told_with_where_it_stands():
    baseline = buying()
    case = tried(
        baseline, Story(crossings=baseline.crossings[:3]), 2, outcome="hang", seconds=5.0, stack=("a", "b")
    )
    (found,) = exceptions.judge([case]).judgement.findings
    assert found.rule == "DF304"
    assert ("stood at", ("a", "b")) in [(fact.name, fact.value) for fact in found.evidence]


@pytest.mark.parametrize(
    ("innermost", "severity"),
    [("order.py:3 in buy", "error"), (f"{TEST.partition('::')[0]}:7 in test_buy", "warning")],
)
def test_where_the_test_itself_waits_a_hang_is_a_warning(innermost, severity):
    stack = ("/usr/lib/python3/queue.py:171 in get", innermost, "test_other.py:1 in go", "another thread:")
    story = Story(crossings=buying().crossings[:3])
    case = tried(buying(), story, 2, outcome="hang", seconds=5.0, stack=stack)
    assert findings(case) == [("DF304", severity)]


@pytest.mark.parametrize(
    ("surfaced", "left"),
    [("builtins.SystemExit", ["process", "thread"]), ("order.Error", ["file", "lock", "process", "thread"])],
)
def test_what_ends_with_the_program_is_no_leak(surfaced, left):
    faulted, usual = Story(), Story()
    ended = faulted.error(surfaced, "", faulted.error("builtins.OSError", "full", injected=True))
    for story, error in ((usual, -1), (faulted, ended)):
        entry = story.call("order.main", error=error)
        at = story.call("builtins.open", entry, effect="write", error=min(error, 0))
    kinds = ("file", "lock", "process", "thread")
    cases = {kind: tried(usual, faulted, at, leaks=(Leak(kind, "thing"),)) for kind in kinds}
    assert [kind for kind, case in cases.items() if findings(case)] == left


def test_only_what_the_baselines_do_not_leave_is_a_leak():
    faulted = buying()
    case = tried(buying(), faulted, 2, leaks=(Leak("lock", "store.LOCK"), Leak("thread", "pool")))
    assert findings(case) == [("DF305", "error")]
    assert "a lock held (store.LOCK)" in messages(case)[0]


def test_of_what_has_another_name_in_each_run_the_number_counts():
    case = tried(buying(), buying(), 2)
    first, second = (
        replace(each, leaks=(Leak("file", name),)) for each, name in zip(case.baselines, "ab", strict=True)
    )
    leaves = [
        replace(
            case, baselines=(first, second), trial=replace(case.trial, leaks=tuple(map(Leak, kinds, names)))
        )
        for kinds, names in ((["file"], "c"), (["file", "file"], "cd"), (["thread"], "c"))
    ]
    assert [findings(each) for each in leaves] == [[], [("DF305", "error")], [("DF305", "error")]]


def escaping(component_call, error, *, chain=()):
    """A failing commit below ``component_call``; ``error`` comes out of it."""
    faulted = Story()
    lost = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    out = lost if error is None else faulted.error(error, "no disk", lost)
    entry = faulted.call("order.buy", error=out)
    call = faulted.call(component_call, entry, error=out)
    at = faulted.call("sqlite3.Connection.commit", call, effect="write", error=lost)
    usual = Story()
    entry = usual.call("order.buy")
    call = usual.call(component_call, entry)
    usual.call("sqlite3.Connection.commit", call, effect="write")
    return tried(usual, faulted, at)


def test_a_library_s_exception_that_escapes_here_and_is_translated_there_is_an_error():
    assert findings(escaping("store.save", None), escaping("store.load", "store.StoreError")) == [
        ("DF307", "error")
    ]


def test_a_library_s_exception_that_always_escapes_is_a_warning_once():
    assert findings(escaping("store.save", None), escaping("store.load", None)) == [("DF307", "warning")]


def test_one_translation_among_many_escapes_is_no_rule_of_the_component():
    cases = [escaping(f"store.{name}", None) for name in ("save", "drop")]
    assert findings(*cases, escaping("store.load", "store.StoreError")) == [("DF307", "warning")]


def test_what_the_tests_alone_see_does_not_escape():
    faulted, usual = Story(), Story()
    lost = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    for story, error in ((usual, -1), (faulted, lost)):
        entry = story.call("store.save", error=error)
        at = story.call("sqlite3.Connection.commit", entry, effect="write", error=error)
    assert findings(tried(usual, faulted, at)) == []


def test_what_shows_nothing_is_not_judged():
    assert findings(tried(buying(), buying(saved=False, mailed=False), 2, void="state leaked")) == []
    assert findings(tried(buying(), buying(saved=False, mailed=False), 2, fired=False)) == []


def test_the_findings_of_one_cause_are_one():
    def lost(line):
        faulted = Story(rows=[])
        full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
        entry = faulted.call("order.buy", result="bool", told=(("", "True"),))
        at = faulted.call("sqlite3.Connection.commit", entry, effect="write", error=full, line=line)
        baseline = Story(rows=["tea"])
        entry = baseline.call("order.buy", result="bool", told=(("", "True"),))
        baseline.call("sqlite3.Connection.commit", entry, effect="write", line=line)
        return tried(baseline, faulted, at)

    (found,) = exceptions.judge([lost(1), lost(2)]).judgement.findings
    (faults,) = [fact.value for fact in found.evidence if fact.name == "faults"]
    assert len(faults) == 2


# -- what is tried ----------------------------------------------------------------------------------------------


LOCKED = Offer("before", Fault("locked", "sqlite3.OperationalError", "database is locked"))
REPLY_LOST = Offer("after", LOST)


def planned(story, failures=(), planner=None):
    plans = (planner or Planner(dict(failures))).plan(story.trial())
    return [(each.point.seam.callable, each.point.nth, each.when, each.fault.exception) for each in plans]


def test_every_offer_is_tried_and_lost_replies_of_writes_come_first():
    story = Story()
    entry = story.call("order.buy")
    story.call("sqlite3.Cursor.execute", entry, effect="read", offers=(LOCKED,))
    story.call("smtplib.SMTP.sendmail", entry, effect="send", offers=(REPLY_LOST,))
    assert planned(story) == [
        ("smtplib.SMTP.sendmail", 1, "after", "smtplib.SMTPServerDisconnected"),
        ("sqlite3.Cursor.execute", 1, "before", "sqlite3.OperationalError"),
    ]


def test_a_callable_of_the_project_fails_as_it_is_known_to():
    story = Story()
    entry = story.call("order.buy")
    story.call("stock.take", entry)
    save = story.call("store.save", entry)
    story.call("sqlite3.Connection.commit", save, effect="write")
    known = {"stock.take": ("stock.OutOfStock",), "store.save": ("store.StoreError",)}
    assert planned(story, known) == [
        ("stock.take", 1, "before", "stock.OutOfStock"),
        ("store.save", 1, "after", "store.StoreError"),
        ("store.save", 1, "before", "store.StoreError"),
    ]
    (first, *_) = Planner(known).plan(story.trial())
    assert first.fault.name == DOMAIN_ERROR


def test_what_the_test_itself_calls_is_not_made_to_fail():
    story = Story()
    story.call("order.buy")
    assert planned(story, {"order.buy": ("order.OrderError",)}) == []


def test_of_many_calls_from_one_site_the_first_two_and_the_last_are_tried():
    story = Story()
    entry = story.call("order.buy")
    for nth in range(1, 11):
        story.call("sqlite3.Cursor.execute", entry, offers=(LOCKED,), nth=nth)
    assert [nth for _, nth, _, _ in planned(story)] == [1, 2, 10]


def test_the_same_fault_is_tried_in_a_few_tests_only():
    story = Story()
    entry = story.call("order.buy")
    story.call("sqlite3.Cursor.execute", entry, offers=(LOCKED,))
    planner = Planner({})
    assert [len(planned(story, planner=planner)) for _ in range(MOST_TESTS + 2)] == [1] * MOST_TESTS + [0, 0]


def test_what_only_computes_does_not_fail_where_it_was_asked_the_same_before():
    story = Story()
    entry = story.call("order.buy")
    story.call("money.parse", entry, line=1, given="3,20")
    story.call("money.parse", entry, line=2, given="3,20")
    story.call("money.parse", entry, line=3, given="x")
    assert [
        line.point.site.line for line in Planner({"money.parse": ("money.Odd",)}).plan(story.trial())
    ] == [1, 3]


def test_what_tests_call_from_within_is_not_made_to_fail():
    story = Story()
    entry = story.call("order.buy")
    fake = story.call("store.save", entry)
    inner = story.crossings[fake]
    back = replace(
        inner, index=2, parent=fake, point=replace(inner.point, seam=Seam(DRIVER, "order", "order.log"))
    )
    story.crossings.append(back)
    assert planned(story, {"order.log": ("order.LogError",)}) == []


def test_what_is_known_to_fail_is_the_project_s_own_and_not_what_passes_through(make):
    project = ProjectMap(
        "",
        components=(Component("order", 1, ()), Component("payment", 0, ())),
        interfaces=(Interface("payment.holding", "payment", make.place(), (), generator=True),),
    )
    seen = [
        make.behaviour("payment.pay", outcome="raised", result="payment.Declined"),
        make.behaviour("payment.pay", outcome="raised", result="KeyError"),
        make.behaviour("payment.holding", outcome="raised", result="payment.Declined"),
        make.behaviour("Mock", outcome="raised", result="payment.Declined"),
        make.behaviour("payment.look", outcome="returned"),
        make.behaviour("payment.look", outcome="raised", result="payment.tests.test_pay.Wanted"),
    ]
    observed = make.observations(*seen, test="payment/tests/test_pay.py::test_look")
    known = known_failures(project, observed, {"payment.find": ("builtins.KeyError",)})
    assert known == {"payment.pay": ("payment.Declined",), "payment.find": ("builtins.KeyError",)}


def test_what_one_class_s_objects_were_seen_to_raise_says_nothing_of_another_one_s(make):
    def waiting(receiver):
        story = Story()
        entry = story.call("order.buy")
        at = story.call("jobs.Queue.put", entry)
        story.crossings[at] = replace(story.crossings[at], receiver=receiver)
        return story

    full = make.behaviour(
        "jobs.Queue.put",
        outcome="raised",
        result="queue.Full",
        arguments={"self": Shape((Form("jobs.Bounded", "object"),))},
    )
    failures = {"jobs.Queue.put": ("builtins.ValueError", "queue.Full")}
    shown = shown_of(make.observations(full), {"jobs.Queue.put": ("builtins.ValueError",)})
    offered = [
        {exception for *_, exception in planned(waiting(receiver), planner=Planner(failures, shown))}
        for receiver in ("jobs.Bounded", "jobs.Endless", "")
    ]
    assert offered == [
        {"builtins.ValueError", "queue.Full"},
        {"builtins.ValueError"},
        {"builtins.ValueError", "queue.Full"},
    ]


def test_what_is_new_comes_first_whatever_test_it_is_of():
    story = Story()
    entry = story.call("order.buy")
    story.call("sqlite3.Cursor.execute", entry, offers=(LOCKED, Offer("before", DISK_FULL)))
    planner = Planner({})
    assert [each.rank for each in planner.plan(story.trial())] == [0, 1]
    assert [each.rank for each in planner.plan(story.trial())] == [2, 2]
    elsewhere = Story()
    entry = elsewhere.call("order.look")
    again = elsewhere.call("order.buy", entry)
    elsewhere.call("sqlite3.Cursor.execute", again, offers=(LOCKED,))
    assert [each.rank for each in planner.plan(elsewhere.trial())] == [1]


def test_the_wire_comes_last_and_once_a_call():
    story = Story()
    entry = story.call("order.buy")
    for nth in (1, 2):
        offers = (Offer("after", ON_WIRE), REPLY_LOST)
        story.call("smtplib.SMTP.sendmail", entry, effect="send", offers=offers, nth=nth)
    planner = Planner({})
    assert [(each.fault.name, each.point.nth, each.rank) for each in planner.plan(story.trial())] == [
        ("connection-lost", 1, 0),
        ("connection-lost", 2, 2),
        ("wire-reply-lost", 1, WIRE_RANK),
    ]


def test_an_experiment_says_in_which_entry_it_happens():
    story = Story()
    story.call("order.look")
    entry = story.call("order.buy")
    story.call("sqlite3.Cursor.execute", entry, offers=(LOCKED,))
    (experiment,) = Planner({}).plan(story.trial())
    assert experiment.entry == 1


# -- second faults ----------------------------------------------------------------------------------------------

REFUSED = Offer("before", Fault("refused", "bank.Refused", "not today"))


def compensated(*, charged=True, refund=(REFUSED,), entry_name="order.buy", line=1):
    """What is paid is given back, for the order could not be saved; the baseline has no refund."""
    baseline = Story()
    entry = baseline.call(entry_name)
    paid = baseline.call("bank.pay", entry, effect="send")
    baseline.effect(paid, "pay 5", source="bank")
    saved = baseline.call("sqlite3.Connection.commit", entry, effect="write", line=line)
    baseline.effect(saved, "INSERT INTO orders", source="sqlite shop.db")
    faulted = Story()
    full = faulted.error("sqlite3.OperationalError", "database or disk is full", injected=True)
    entry = faulted.call(entry_name, error=full)
    paid = faulted.call("bank.pay", entry, effect="send")
    if charged:
        faulted.effect(paid, "pay 5", source="bank")
    at = faulted.call("sqlite3.Connection.commit", entry, effect="write", error=full, line=line)
    faulted.call("bank.refund", entry, effect="send", offers=refund)
    return baseline, faulted, at


def pairs_of(case, planner):
    first = case.trial
    return [(each.then, each.rank, each.entry) for each in planner.plan(case.baselines[0], first)]


def test_what_only_a_fault_reveals_is_made_to_fail_next():
    baseline, faulted, at = compensated(refund=(REFUSED, LOCKED, REPLY_LOST))
    refund = faulted.crossings[-1].point
    case = tried(baseline, faulted, at)
    assert pairs_of(case, Pairs(Planner({}).offers)) == [
        ((Strike(refund, REFUSED.when, REFUSED.fault),), 1, 0),
        ((Strike(refund, REPLY_LOST.when, REPLY_LOST.fault),), 1, 0),
    ]


def test_the_same_outcomes_are_combined_once():
    planner = Pairs(Planner({}).offers)
    assert len(pairs_of(tried(*compensated()), planner)) == 1
    assert pairs_of(tried(*compensated(line=9)), planner) == []
    assert len(pairs_of(tried(*compensated(entry_name="order.renew")), planner)) == 1


@pytest.mark.parametrize("more", [{"fired": False}, {"void": "leaked"}, {"outcome": "hang"}])
def test_nothing_follows_from_a_trial_that_shows_nothing(more):
    baseline, faulted, at = compensated()
    assert pairs_of(tried(baseline, faulted, at, **more), Pairs(Planner({}).offers)) == []


def test_a_second_fault_of_the_project_s_own_bears_another_text():
    baseline, faulted, at = compensated(refund=())
    planner = Planner({"bank.refund": ("bank.Refused",)})
    ((strikes, _, _), *_) = pairs_of(tried(baseline, faulted, at), Pairs(planner.offers))
    assert (strikes[0].fault.exception, strikes[0].fault.text) == ("bank.Refused", SECOND)


def pair_of(*, alone_is_handled=True):
    """The trial of a pair, and the one of its first fault alone, as the lab has them."""
    baseline, faulted, at = compensated()
    if alone_is_handled:
        faulted.effect(len(faulted.crossings) - 1, "refund 5", source="bank")
    alone = tried(baseline, faulted, at)
    (experiment,) = Pairs(Planner({}).offers).plan(alone.baselines[0], alone.trial)
    _, both, _ = compensated()
    refused = both.error("bank.Refused", "not today", 0, injected=True)
    both.crossings[0] = replace(both.crossings[0], error=refused)
    both.crossings[-1] = replace(both.crossings[-1], outcome="raised", error=refused)
    return alone, Tried(both.trial(experiment), alone.baselines)


def test_a_compensation_that_fails_leaves_the_work_half_done():
    alone, both = pair_of()
    assert findings(alone) == []
    (found,) = (each for each in exceptions.judge([alone, both]).judgement.findings if each.rule == "DF302")
    assert found.experiment == both.experiment
    assert found.message == (
        "order.buy leaves its work half done, when sqlite3.Connection.commit fails with sqlite3.OperationalError"
        " and then bank.refund fails with bank.Refused (stays: bank: pay 5)"
    )
    (faults,) = [fact.value for fact in found.evidence if fact.name == "faults"]
    assert [each.partition(" (")[0] for each in faults] == [
        "sqlite3.OperationalError before sqlite3.Connection.commit"
    ]
    assert "then bank.Refused before bank.refund (order.py:1): not today" in faults[0]


def test_what_the_first_fault_shows_by_itself_is_not_told_of_both():
    alone, both = pair_of(alone_is_handled=False)
    found = [each for each in exceptions.judge([alone, both]).judgement.findings if each.rule == "DF302"]
    assert [each.experiment for each in found] == [alone.experiment]


@pytest.mark.parametrize(("after_one", "rules"), [(["a", "note"], []), ([], ["DF302"])])
def test_what_stays_after_the_first_fault_alone_is_not_told_of_both(after_one, rules):
    def told_otherwise(story):
        return replace(story.trial(), boundaries=keeping("files", ["a", "b"]))

    baseline, faulted, at = compensated()
    baseline.effects, faulted.effects = [], []
    usual = told_otherwise(baseline)
    experiment = Experiment(TEST, faulted.crossings[at].point, "before", DISK_FULL)
    alone = Tried(faulted.trial(experiment, boundaries=keeping("files", after_one)), (usual, usual))
    (pair,) = Pairs(Planner({}).offers).plan(usual, alone.trial)
    entry = replace(faulted.crossings[0], outcome="raised")
    both = Tried(
        faulted.trial(pair, boundaries=keeping("files", ["a"]), crossings=(entry, *faulted.crossings[1:])),
        alone.baselines,
    )
    found = [each for each in exceptions.judge([alone, both]).judgement.findings if each.experiment == pair]
    assert [each.rule for each in found] == rules


@pytest.mark.parametrize(("chain", "rules"), [((0,), []), ((), ["DF303"])])
def test_a_second_failure_must_not_hide_the_first(chain, rules):
    baseline, faulted = Story(), Story()
    entry = baseline.call("order.buy")
    baseline.call("bank.rate", entry)
    first = faulted.error("bank.Down", "injected by dryfit", injected=True)
    second = faulted.error("archive.NotKept", SECOND, *chain, injected=True)
    entry = faulted.call("order.buy", error=second)
    at = faulted.call("bank.rate", entry, error=first)
    again = faulted.call("archive.rate", entry, error=second)
    fault = Fault(DOMAIN_ERROR, "bank.Down", "injected by dryfit")
    strike = Strike(faulted.crossings[again].point, "before", Fault(DOMAIN_ERROR, "archive.NotKept", SECOND))
    case = tried(baseline, faulted, at, fault=fault)
    case = replace(case, trial=replace(case.trial, experiment=replace(case.experiment, then=(strike,))))
    assert [rule for rule, _ in findings(case)] == rules


@pytest.mark.parametrize(("again", "when", "rules"), [
    ("smtplib.SMTP.sendmail", "after", []),
    ("smtplib.SMTP.sendmail", "before", []),
    ("outbox.put", "before", ["DF303"]),
])  # fmt: skip
def test_the_failure_of_the_last_attempt_stands_for_all(again, when, rules):
    baseline, faulted = Story(), Story()
    first = faulted.error("smtplib.SMTPRecipientsRefused", "unknown", injected=True)
    second = faulted.error("smtplib.SMTPServerDisconnected", "unexpectedly closed", injected=True)
    own = faulted.error("order.NotSent", "no mail", second)
    for story, error in ((baseline, -1), (faulted, own)):
        entry = story.call("order.buy", error=error)
        at = story.call("smtplib.SMTP.sendmail", entry, effect="send", error=first if error >= 0 else -1)
    baseline.effect(at, "mail to ann@example.com")
    last = faulted.call(again, entry, effect="send", error=second, nth=2)
    if when == "after":
        faulted.effect(last, "mail to ann@example.com")
    fault = Fault("recipients-refused", "smtplib.SMTPRecipientsRefused", "unknown")
    strike = Strike(faulted.crossings[last].point, when, LOST)
    case = tried(baseline, faulted, at, fault=fault)
    case = replace(case, trial=replace(case.trial, experiment=replace(case.experiment, then=(strike,))))
    assert [rule for rule, _ in findings(case)] == rules
