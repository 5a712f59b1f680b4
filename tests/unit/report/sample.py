"""Runs to make reports of: a shop of eight components with everything in it, and a program of any size."""

from __future__ import annotations

from dataclasses import replace

from dryfit.model.finding import Fact, Finding, finding_id, rule
from dryfit.model.interleaving import Operation, Overlap, Step
from dryfit.model.run import CheckSummary, Run, RunInfo, SeamCoverage, TestCounts
from dryfit.model.seam import Effect, Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.structure import (
    CallSite,
    Component,
    Cycle,
    ImportEdge,
    Interface,
    Module,
    Parameter,
    Problem,
    ProjectMap,
    Unresolved,
)
from dryfit.model.trace import Argument, Behaviour, Observations, Skipped, Trace, TracedCrossing

FLOORS = {
    "api": 3,
    "auth": 0,
    "catalog": 0,
    "inventory": 1,
    "notification_service": 0,
    "order": 2,
    "payment": 1,
    "payment_gateway": 0,
}

UUID = Shape((Form("str", "text", ("uuid",), 36, 36),))
TEXT = Shape((Form("str", "text", ("text",), 3, 60),))
EMAIL = Shape((Form("str", "text", ("email",), 9, 31),))
WHOLE = Shape((Form("int", "number", (), 1, 12),))
MONEY = Shape((Form("decimal.Decimal", "number", (), 0.01, 1249.5),))
FLOAT = Shape((Form("float", "number", (), 0.01, 1249.5),))
NONE = Shape((Form("NoneType", "none"),))
TRUTH = Shape((Form("bool", "bool"),))
SECRET = Shape((Form("str", "secret"),))
AWARE = Shape((Form("datetime.datetime", "time", ("aware",)),))
ITEM = Shape(
    (Form("dict", "mapping", (), 3, 3, (("price", MONEY), ("product_id", UUID), ("quantity", WHOLE))),)
)
ITEMS = Shape((Form("list", "sequence", (), 0, 7, items=ITEM),))
RESULT = Shape(
    (
        Form(
            "payment.PaymentResult",
            "object",
            fields=(("amount", MONEY), ("paid_at", AWARE), ("status", TEXT)),
        ),
    )
)
PRODUCT = Shape(
    (
        Form("catalog.Product", "object", fields=(("id", UUID), ("name", TEXT), ("price", MONEY))),
        Form("NoneType", "none"),
    )
)
DECLINED = Shape((Form("payment.CardDeclined", "exception", fields=(("code", TEXT),)),))
STATEMENT = Shape((Form("sqlalchemy.sql.selectable.Select", "object"),))
STAND_IN = Shape((Form("unittest.mock.MagicMock", "stand-in"),))

TESTS = (
    "tests/test_auth.py::test_log_in",
    "tests/test_catalog.py::test_prices_are_exact",
    "tests/test_flow.py::test_an_order_from_basket_to_mail[two items]",
    "tests/test_inventory.py::test_stock_never_falls_below_zero",
    "tests/test_order.py::test_checkout",
    "tests/test_order.py::test_a_declined_card_leaves_nothing_behind",
    "tests/test_payment.py::test_the_gateway_is_asked_once",
)

SOURCES = {
    "order.py": tuple(
        '''"""Orders: from the basket to the receipt."""

from decimal import Decimal

from inventory import InventoryManager
from notification_service import NotificationService
from payment import PaymentProcessor


class OrderSystem:
    def __init__(self):
        self.stock = InventoryManager()
        self.payments = PaymentProcessor()
        self.mails = NotificationService()

    def checkout(self, order, user):
        """Reserve, charge, tell; </script> in a source line stays text."""
        self.stock.reserve(order.items)
        total = sum((item["price"] * item["quantity"] for item in order.items), Decimal(0))
        result = self.payments.process_payment(order.id, float(total))
        if result.status != "success":
            self.stock.release(order.items)
            raise PaymentFailed(order.id)
        self.mails.send_receipt(order.id, user.email)
        return result
'''.splitlines()
    ),
    "inventory.py": tuple(
        """from catalog import Catalog


class InventoryManager:
    def reserve(self, items):
        items.sort(key=lambda item: item["product_id"])
        for item in items:
            self.update_stock(item["product_id"], -item["quantity"])
""".splitlines()
    ),
    "api.py": tuple(f"# line {number}" for number in range(1, 40)),
}

# caller, callable, effect, call sites in the source (file:line), status
SEAMS: tuple[tuple[str, str, str, Effect, tuple[int, ...], str], ...] = (
    ("api", "auth", "auth.Accounts.log_in", "call", (14,), "exercised"),
    ("api", "auth", "auth.Accounts.sign_up", "call", (21,), "exercised"),
    ("api", "catalog", "catalog.Catalog.product", "call", (29, 33), "exercised"),
    ("api", "order", "order.OrderSystem.checkout", "call", (37,), "exercised"),
    ("api", "order", "order.OrderSystem.cancel", "call", (38,), "unexercised"),
    ("auth", "sqlalchemy", "sqlalchemy.orm.Session.execute", "read", (9,), "exercised"),
    ("catalog", "sqlalchemy", "sqlalchemy.orm.Session.execute", "read", (11,), "exercised"),
    ("inventory", "catalog", "catalog.Catalog.product", "call", (12,), "exercised"),
    ("inventory", "sqlalchemy", "sqlalchemy.orm.Session.execute", "write", (18,), "exercised"),
    ("notification_service", "smtplib", "smtplib.SMTP.send_message", "send", (30,), "exercised"),
    ("order", "inventory", "inventory.InventoryManager.release", "call", (22,), "exercised"),
    ("order", "inventory", "inventory.InventoryManager.reserve", "call", (18,), "exercised"),
    ("order", "notification_service", "notification_service.NotificationService.send_receipt", "call", (24,),
     "unexercised"),
    ("order", "payment", "payment.PaymentProcessor.process_payment", "call", (20,), "exercised"),
    ("payment", "payment_gateway", "payment_gateway.PaymentGateway.charge", "call", (41, 57), "mocked only"),
    ("payment_gateway", "httpx", "httpx.AsyncClient.post", "send", (16,), "exercised"),
)  # fmt: skip


def shop() -> Run:
    """Eight components on four floors, findings of six rules, one of them accepted."""
    behaviours = shop_behaviours()
    return Run(
        RunInfo(
            "20260314-092653-4f1c", "2026-03-14T09:26:53Z", 12.84, "3.12.1", "9f8a2c41d07be35566ab", 20260314
        ),
        shop_map(),
        Observations(
            behaviours=behaviours,
            traces=traces(behaviours),
            skipped=(
                Skipped("api.health", "called only by the framework at start-up"),
                Skipped("hint of catalog.Catalog.search", "the name Query cannot be resolved"),
                Skipped("hint of order.OrderSystem.cancel", "the name Reason cannot be resolved"),
            ),
            warnings=("1 test was cut off: tests/test_flow.py::test_the_night_run",),
        ),
        shop_coverage(),
        (
            CheckSummary("data", 0.31, trials=7),
            CheckSummary(
                "interfaces",
                0.52,
                exhausted=False,
                skipped=(
                    Skipped(
                        "DF202 for auth.Accounts.sign_up", "its hint needs a module that is not installed"
                    ),
                ),
            ),
        ),
        shop_findings(),
        TestCounts(passed=41, failed=1, skipped=2, not_repeatable=1),
    )


def shop_map() -> ProjectMap:
    seams = [row for row in SEAMS if row[1] in FLOORS]
    return ProjectMap(
        "/home/ada/shop",
        components=tuple(Component(name, floor, (Module(name, f"{name}.py"),)) for name, floor in FLOORS.items()),
        imports=tuple(
            ImportEdge(caller, callee, (Place(f"{caller}.py", 3),))
            for caller, callee in sorted({(row[0], row[1]) for row in seams} | {("api", "payment")})
        ),
        interfaces=tuple(
            Interface(name, component, Place(f"{component}.py", 5), (Parameter("order_id", "positional-or-keyword"),))
            for component, name in sorted({(row[1], row[2]) for row in seams})
        ),
        call_sites=tuple(
            CallSite(caller, callee, name, Place(f"{caller}.py", line, f"{caller}.work"), ())
            for caller, callee, name, _, lines, _ in seams
            for line in lines
        ),
        unresolved=(
            Unresolved("api", Place("api.py", 31, "handlers"), "handler(request)", "the callee is a value"),
            Unresolved("order", Place("order.py", 88, "export"), "getattr(self, name)()", "the name is computed"),
            Unresolved("order", Place("order.py", 91, "export"), "getattr(self, name)()", "the name is computed"),
        ),
        cycles=(Cycle(("inventory", "order"), (Place("inventory.py", 2), Place("order.py", 5))),),
        problems=(Problem(Place("scripts/old.py", 3), "print 'hello' is not Python 3; the file is left out"),),
    )  # fmt: skip


def shop_behaviours() -> tuple[Behaviour, ...]:
    pay = ("order", "payment", "payment.PaymentProcessor.process_payment")
    reserve = ("order", "inventory", "inventory.InventoryManager.reserve")
    charge = ("payment", "payment_gateway", "payment_gateway.PaymentGateway.charge")
    product = ("api", "catalog", "catalog.Catalog.product")
    written = (
        behaviour(pay, 20, {"order_id": UUID, "amount": FLOAT}, RESULT),
        behaviour(pay, 20, {"order_id": UUID, "amount": MONEY}, RESULT, weak=True),
        behaviour(pay, 20, {"order_id": UUID, "amount": FLOAT}, DECLINED, raised=True),
        behaviour(reserve, 18, {"items": ITEMS}, NONE),
        behaviour(
            charge, 41, {"amount": MONEY, "card": SECRET}, STAND_IN, stand_in="unittest.mock.AsyncMock"
        ),
        behaviour(product, 29, {"product_id": UUID}, PRODUCT),
        behaviour(("api", "auth", "auth.Accounts.log_in"), 14, {"email": EMAIL, "password": SECRET}, TRUTH),
        behaviour(
            ("<tests>", "order", "order.OrderSystem.checkout"), 0, {"order": ITEM, "user": TEXT}, RESULT
        ),
    )
    seen = {item.seam for item in written}
    rest = tuple(
        behaviour(
            (caller, callee, name),
            lines[0],
            {"value": STATEMENT if effect != "call" else TEXT},
            NONE,
            effect=effect,
        )
        for caller, callee, name, effect, lines, status in SEAMS
        if status == "exercised" and Seam(caller, callee, name) not in seen
    )
    return written + rest


def behaviour(
    seam: tuple[str, str, str],
    line: int,
    arguments: dict[str, Shape],
    result: Shape,
    *,
    raised: bool = False,
    effect: Effect = "call",
    stand_in: str = "",
    weak: bool = False,
) -> Behaviour:
    types = {name: shape.forms[0].type for name, shape in arguments.items()}
    key = "|".join((*seam, str(line), *types.values(), result.forms[0].type, stand_in, str(weak)))
    return Behaviour(
        key=key,
        seam=Seam(*seam),
        site=Place(f"{seam[0]}.py", line, f"{seam[0]}.work")
        if line
        else Place("tests/test_order.py", 12, "test_checkout"),
        effect=effect,
        arguments=tuple(Argument(name, types[name], shape) for name, shape in arguments.items()),
        outcome="raised" if raised else "returned",
        result_type=result.forms[0].type,
        result=result,
        stand_in=stand_in,
        weak=weak,
    )


def traces(behaviours: tuple[Behaviour, ...]) -> tuple[Trace, ...]:
    """Behaviours dealt out over the tests, each the parent of the next: a cut off test at the end."""
    dealt = [behaviours[index :: len(TESTS)] for index in range(len(TESTS))]
    whole = tuple(
        Trace(
            test,
            "failed" if test.endswith("[two items]") else "passed",
            0.05 * (number + 1),
            tuple(
                TracedCrossing(index, index - 1, item.key, 1 + 3 * index + number, 0.0004 * (number + 1))
                for index, item in enumerate(hand)
            ),
        )
        for number, (test, hand) in enumerate(zip(TESTS, dealt, strict=True))
    )
    return (*whole, Trace("tests/test_flow.py::test_the_night_run", "cut off", 1.5))


def shop_coverage() -> tuple[SeamCoverage, ...]:
    return tuple(
        SeamCoverage(
            Seam(caller, callee, name),
            status,
            sites=len(lines),
            sites_covered=0 if status == "unexercised" else 1,
            argument_shapes=0 if status == "unexercised" else 1 + index % 3,
            outcome_shapes=0 if status == "unexercised" else 1 + index % 2,
            exceptions=1 if name.endswith("process_payment") else 0,
            crossings=0 if status == "unexercised" else 3 + 17 * index,
            tests=0 if status == "unexercised" else 1 + index % 5,
            seconds=0.0 if status == "unexercised" else 0.0007 * (index + 1),
        )
        for index, (caller, callee, name, _, lines, status) in enumerate(SEAMS)
        if callee in FLOORS
    )


def finding(
    identifier: str,
    seam: Seam,
    site: Place,
    message: str,
    evidence: tuple[Fact, ...],
    test: str = "",
    accepted: str | None = None,
) -> Finding:
    known = rule(identifier)
    return Finding(
        finding_id(identifier, seam, message),
        identifier,
        known.slug,
        known.check,
        known.severity,
        seam,
        site,
        test,
        message,
        evidence,
        accepted,
    )


def shop_findings() -> tuple[Finding, ...]:
    pay = Seam("order", "payment", "payment.PaymentProcessor.process_payment")
    reserve = Seam("order", "inventory", "inventory.InventoryManager.reserve")
    receipt = Seam("order", "notification_service", "notification_service.NotificationService.send_receipt")
    charge = Seam("payment", "payment_gateway", "payment_gateway.PaymentGateway.charge")
    cancel = Seam("api", "order", "order.OrderSystem.cancel")
    product = Seam("api", "catalog", "catalog.Catalog.product")
    return (
        finding(
            "DF101", pay, Place("order.py", 20, "OrderSystem.checkout"),
            "The amount leaves catalog as a Decimal and reaches payment as a float.",
            (
                Fact("was", "decimal.Decimal, result of catalog.Catalog.product"),
                Fact("became", "float, argument amount of payment.PaymentProcessor.process_payment"),
                Fact("loss", "decimal-to-float"),
                Fact("crossings", 14),
            ),
            test=TESTS[4],
        ),
        finding(
            "DF103", pay, Place("order.py", 20, "OrderSystem.checkout"),
            "The parameter amount receives a float from order and a Decimal from the tests.",
            (Fact("order", "float 0.01…1249.5"), Fact("<tests>", "Decimal 0.01…1249.5"), Fact("parameter", "amount")),
        ),
        finding(
            "DF102", reserve, Place("order.py", 18, "OrderSystem.checkout"),
            "inventory sorts the list of items that order goes on using.",
            (
                Fact("parameter", "items: list"),
                Fact("change", "the order of its 3 elements"),
                Fact("read again", ("order.py:19", "order.py:22")),
            ),
            test=TESTS[2],
        ),
        finding(
            "DF201", receipt, Place("order.py", 24, "OrderSystem.checkout"),
            "The call passes 2 positional arguments where send_receipt takes (order_id, *, email).",
            (
                Fact("call", "self.mails.send_receipt(order.id, user.email)"),
                Fact("signature", "(order_id: str, *, email: str)"),
            ),
        ),
        finding(
            "DF104", receipt, Place("order.py", 24, "OrderSystem.checkout"), "No test crosses order → send_receipt.",
            (Fact("call sites", ("order.py:24",)),),
        ),
        finding(
            "DF104", cancel, Place("api.py", 38, "cancel"), "No test crosses api → cancel.",
            (Fact("call sites", ("api.py:38",)),),
            accepted="Cancelling is switched off until the refunds are there.",
        ),
        finding(
            "DF105", charge, Place("payment.py", 41, "PaymentProcessor.process_payment"),
            "Every one of 9 crossings was answered by a stand-in.",
            (Fact("stand-in", "unittest.mock.AsyncMock"), Fact("tests", TESTS[5:7])),
        ),
        finding(
            "DF202", product, Place("api.py", 29, "product"),
            "product is declared to return Product, and returned None.",
            (Fact("hint", "-> Product"), Fact("found", "NoneType")), test=TESTS[1],
        ),
        finding(
            "DF207", Seam("inventory", "order", "order"), Place("inventory.py", 2),
            "inventory and order import each other, so neither can be integrated before the other.",
            (Fact("imports", ("inventory.py:2 imports order", "order.py:5 imports inventory")),),
        ),
    )  # fmt: skip


def large(count: int = 400) -> Run:
    """A program of many components in packages, on eight floors, with seams between near floors; made by counting."""
    packages = (
        "account",
        "billing",
        "catalog",
        "delivery",
        "messaging",
        "reporting",
        "search",
        "shared",
        "storage",
        "web",
    )
    names = [f"mega.{packages[index % 10]}.part{index // 10:02d}" for index in range(count)]
    floor_of = {name: (index * 7 // 10) % 8 for index, name in enumerate(names)}
    by_floor = [[name for name in names if floor_of[name] == floor] for floor in range(8)]
    sites = tuple(
        CallSite(
            name,
            callee,
            f"{callee}.Service.run",
            Place(name.replace(".", "/") + ".py", 10 + step, "Service.run"),
            (),
        )
        for index, name in enumerate(names)
        for step in range(1 + index % 4)
        if floor_of[name]
        for callee in (by_floor[max(0, floor_of[name] - 1 - step)][(index * 5 + step * 11) % 40],)
    )
    seams = sorted({Seam(site.caller, site.callee, site.callable) for site in sites})
    statuses = ("exercised", "exercised", "exercised", "mocked only", "exercised", "unexercised")
    coverage = tuple(
        SeamCoverage(
            seam, statuses[index % 6], 1, int(index % 6 != 5), 1, 1, 0, index % 50, index % 7, index * 1e-4
        )
        for index, seam in enumerate(seams)
    )
    return Run(
        RunInfo("20260314-101500-9c2e", "2026-03-14T10:15:00Z", 340.2, "3.13.0", "", 7),
        ProjectMap(
            "/home/ada/mega",
            components=tuple(
                Component(name, floor_of[name], (Module(name, name.replace(".", "/") + ".py"),))
                for name in sorted(names)
            ),
            call_sites=sites,
        ),
        Observations(
            behaviours=tuple(
                behaviour((item.seam.caller, item.seam.callee, item.seam.callable), 10, {"value": TEXT}, NONE)
                for item in coverage
                if item.status == "exercised"
            )
        ),
        coverage,
        (CheckSummary("data", 4.2), CheckSummary("interfaces", 9.1)),
        tuple(
            finding(
                "DF104",
                item.seam,
                Place(f"{item.seam.caller.replace('.', '/')}.py", 10),
                "No test crosses this seam.",
                (),
            )
            for item in coverage
            if item.status == "unexercised"
        ),
        TestCounts(passed=2210),
    )


def raced() -> Run:
    """The shop, and two findings of operations that ran at once: one oversells, two wait for each other."""
    run = shop()
    return replace(run, findings=(*run.findings, oversold(), deadlocked()))


def oversold() -> Finding:
    seam = Seam("order", "inventory", "inventory.InventoryManager.reserve")
    read, write = (
        Place("inventory.py", 7, "InventoryManager.reserve"),
        Place("inventory.py", 8, "InventoryManager.reserve"),
    )
    ends = Place("order.py", 18, "OrderSystem.checkout")
    select = "SELECT quantity FROM stock\n  WHERE product = %s"
    update = "UPDATE stock SET quantity = %s WHERE product = %s"
    lanes = (
        Step(0, "began"),
        Step(0, "send", "connect", ends),
        Step(0, "statement", "BEGIN", ends),
        Step(0, "statement", select, read),
        Step(1, "began"),
        Step(1, "statement", select, read),
        Step(1, "statement", update, write),
        Step(0, "statement", update, write),
        Step(0, "blocked", update, write, by=(1,)),
        Step(1, "commit", "COMMIT", ends),
        Step(1, "rollback", "ROLLBACK", ends),
        Step(1, "returned", "'ordered'"),
        Step(0, "woken", update, write),
        Step(0, "commit", "COMMIT", ends),
        Step(0, "returned", "'ordered'"),
    )  # fmt: skip
    checkout = "order.OrderSystem.checkout"
    found = finding(
        "DF501", seam, read,
        f"two calls of {checkout} at once come out as in no order of one after the other: both succeed",
        (
            Fact("lanes", ("as text",)),
            Fact("this one gave", came("returns 'ordered'", "returns 'ordered'", -1)),
            Fact("serial order 1 gives", came("returns 'ordered'", "raises inventory.SoldOut", 0)),
            Fact("serial order 2 gives", came("raises inventory.SoldOut", "returns 'ordered'", 0)),
            Fact("explored", "exhausted: all of 20 interleavings"),
        ),
        test=TESTS[4],
    )  # fmt: skip
    operations = tuple(Operation("call", nth, checkout) for nth in range(2))
    return replace(found, lanes=lanes, overlap=Overlap(TESTS[4], operations))


def came(first: str, second: str, left: int) -> tuple[str, ...]:
    return (f"operation 1 {first}", f"operation 2 {second}", f"stock: 1 row changed (quantity 1 → {left})")


def deadlocked() -> Finding:
    seam = Seam("order", "payment", "payment.PaymentProcessor.process_payment")
    first, second = (
        Place("payment.py", 41, "PaymentProcessor.charge"),
        Place("payment.py", 57, "PaymentProcessor.charge"),
    )
    lanes = (
        Step(0, "lock", "Ledger.lock", first),
        Step(1, "lock", "Accounts.lock", second),
        Step(2, "await", "asyncio.sleep", second),
        Step(2, "raised", "TimeoutError: too late"),
        Step(1, "wait", "Ledger.lock", first),
        Step(1, "blocked", "Ledger.lock", first, by=(0,)),
        Step(0, "wait", "Accounts.lock", second),
        Step(0, "blocked", "Accounts.lock", second, by=(1,)),
    )  # fmt: skip
    said = "POST /orders, DELETE /orders/{id} and GET /orders at once wait for each other and never end"
    found = finding("DF502", seam, first, said, (Fact("lanes", ("as text",)),), test=TESTS[6])
    names = ("POST /orders", "DELETE /orders/{id}", "GET /orders")
    operations = tuple(Operation("request", nth, name) for nth, name in enumerate(names))
    return replace(found, lanes=lanes, overlap=Overlap(TESTS[6], operations))
