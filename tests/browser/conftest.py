"""A Chromium of the distribution, and pages made of the sample runs; skipped with the reason where there is none."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dryfit.model.chain import Link, LinkKind
from dryfit.model.finding import Finding
from dryfit.model.run import Run
from dryfit.model.seam import Place, Seam
from dryfit.model.trial import Experiment, Fault, Point, Verdict
from dryfit.report import html

SAMPLE = Path(__file__).parent.parent / "unit" / "report" / "sample.py"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


CONTRAST = """
() => {
  const channel = (value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const failures = new Set();
  for (const element of document.querySelectorAll("body *:not(script):not(style)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("svg, .unseen, .skip, noscript") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(rgba(style.color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const name = `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 30)}`;
    if (ratio < 4.5) failures.add(`${ratio.toFixed(2)}: ${name}`);
  }
  return [...failures];
}
"""


@dataclass
class Opened:
    """A page of the browser with what it said and asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for this module only: Playwright's event loop runs in this thread, where others want to run theirs."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is on the path")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def contrast() -> str:
    """A script that names the texts with less contrast than WCAG AA asks for."""
    return CONTRAST


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report_sample", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def files(sample: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reports of the shop and of the large program, written to files."""
    folder = tmp_path_factory.mktemp("reports")
    shop = sample.shop()
    runs = {
        "shop": shop,
        "large": sample.large(),
        "raced": sample.raced(),
        "tried": replace(shop, verdicts=verdicts(shop)),
        "failed": replace(shop, findings=(swallowed(), *shop.findings)),
    }
    pages = {name: html.page(run, {} if name == "large" else sample.SOURCES) for name, run in runs.items()}
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def swallowed() -> Finding:
    """A failure of the payment's HTTP client that the order does not tell its caller."""
    client = "httpx.ReadTimeout"
    charge, pay, checkout = (
        "payment_gateway.PaymentGateway.charge",
        "payment.PaymentProcessor.process_payment",
        "order.OrderSystem.checkout",
    )
    declined = "payment_gateway.GatewayError"
    steps: tuple[tuple[LinkKind, str, int, str, str], ...] = (
        ("raised", charge, 16, client, 'reply = await self.client.post("/charges", json=body)'),
        ("wrapped", charge, 18, declined, "raise GatewayError(body.id) from error"),
        ("passed", pay, 41, declined, "charged = await self.gateway.charge(amount)"),
        ("caught", checkout, 21, declined, "except Exception:"),
    )
    return Finding(
        "DF301-0a1b2c",
        "DF301",
        "swallowed",
        "exceptions",
        "error",
        Seam("payment_gateway", "httpx", "httpx.AsyncClient.post"),
        Place("payment_gateway.py", 16, "PaymentGateway.charge"),
        "tests/test_order.py::test_checkout",
        "order.OrderSystem.checkout goes on as if httpx.AsyncClient.post had worked.",
        path=tuple(_step(*step) for step in steps),
    )


def _step(kind: LinkKind, name: str, line: int, exception: str, source: str) -> Link:
    component, _, function = name.partition(".")
    return Link(kind, Place(f"{component}.py", line, function), component, name, exception, source)


def verdicts(run: Run) -> tuple[Verdict, ...]:
    """What two faults at the first seam came to, one of them in two tests."""
    point = Point(run.coverage[0].seam, Place("order.py", 7, "checkout"))
    lost = Fault("connection-lost", "smtplib.SMTPServerDisconnected")
    tried = [Experiment(f"test_{number}", point, "after", lost) for number in (1, 2)]
    refused = Experiment("test_1", point, "before", Fault("domain-error", "builtins.ValueError"))
    return (
        *(Verdict(each, "something was done twice", ("DF306",)) for each in tried),
        Verdict(refused, "not injected: the test did not come there this time", judged=False),
    )


@pytest.fixture
def open_page(browser: Any, files: dict[str, Path]) -> Iterator[Any]:
    """Open a report offline: ``open_page("shop", width=375, scheme="dark")``."""
    contexts = []

    def opened(name: str, *, width: int = 1440, height: int = 1000, scheme: str = "light") -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            offline=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        seen = Opened(context.new_page())
        seen.page.on(
            "console", lambda message: seen.errors.append(message.text) if message.type == "error" else None
        )
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.goto(files[name].as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()
