"""What is tried, and what is said of a failure, by what the caller was told and by what was done.

The trials are hand-made: a shop's ``order`` calls ``store``, which calls sqlite3, and ``mail``, which calls smtplib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from dryfit.checks import exceptions
from dryfit.checks.experiments import DOMAIN_ERROR, MOST_TESTS, WIRE_RANK, Planner, known_failures
from dryfit.checks.faulted import Tried
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.seam import DRIVER, Effect, Place, Seam
from dryfit.model.structure import Component, Interface, ProjectMap
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
    (chain,) = (fact.value for fact in found.evidence if fact.name == "chain")
    assert chain == ("smtplib.SMTPServerDisconnected: mail.py:9 → order.py:5", "order.OrderError: order.py:7")


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


def test_only_what_the_baselines_do_not_leave_is_a_leak():
    faulted = buying()
    case = tried(buying(), faulted, 2, leaks=(Leak("lock", "store.LOCK"), Leak("thread", "pool")))
    assert findings(case) == [("DF305", "error")]
    assert "a lock held (store.LOCK)" in messages(case)[0]


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
    ]
    known = known_failures(project, make.observations(*seen), {"payment.find": ("builtins.KeyError",)})
    assert known == {"payment.pay": ("payment.Declined",), "payment.find": ("builtins.KeyError",)}


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
