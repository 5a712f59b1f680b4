"""Seams put together from coverage, behaviours and traces."""

from dataclasses import replace

from dryfit.model.run import Run
from dryfit.model.seam import Seam
from dryfit.report.seen import SeenSeam, seen_seams

PAY = Seam("order", "payment", "payment.PaymentProcessor.process_payment")
CHARGE = Seam("payment", "payment_gateway", "payment_gateway.PaymentGateway.charge")


def seen(run: Run, seam: Seam) -> SeenSeam:
    (found,) = [entry for entry in seen_seams(run) if entry.seam == seam]
    return found


def test_counted_seams_come_first_then_libraries_then_entries(shop: Run) -> None:
    kinds = [entry.kind for entry in seen_seams(shop)]
    assert kinds == ["component"] * 11 + ["library"] * 5 + ["entry"]


def test_behaviours_carry_their_counts_and_tests(shop: Run) -> None:
    behaviours = seen(shop, PAY).behaviours
    counts = [entry.count for entry in behaviours]
    assert counts == sorted(counts, reverse=True)
    traced = sum(
        crossing.count
        for trace in shop.observations.traces
        for crossing in trace.crossings
        if crossing.behaviour in {entry.behaviour.key for entry in behaviours}
    )
    assert sum(counts) == traced
    assert all(entry.tests for entry in behaviours)


def test_a_site_that_only_a_stand_in_answered_did_not_run(shop: Run) -> None:
    assert [(place.line, ran) for place, ran in seen(shop, CHARGE).sites] == [(41, False), (57, False)]


def test_a_subclass_that_answers_belongs_to_the_seam_at_its_line(shop: Run) -> None:
    renamed = tuple(
        replace(item, seam=Seam("order", "payment", "payment.Sandbox.process_payment"))
        if item.seam == PAY
        else item
        for item in shop.observations.behaviours
    )
    run = replace(shop, observations=replace(shop.observations, behaviours=renamed))
    assert len(seen(run, PAY).behaviours) == 3
    assert len(seen_seams(run)) == len(seen_seams(shop))


def test_a_library_seam_gets_its_own_numbers(shop: Run) -> None:
    cover = seen(shop, Seam("payment_gateway", "httpx", "httpx.AsyncClient.post")).coverage
    assert (cover.status, cover.sites, cover.sites_covered, cover.argument_shapes) == ("exercised", 1, 1, 1)
    assert cover.crossings > 0
    assert cover.tests == 1


def test_a_stand_in_for_something_outside_is_neither_component_nor_library(shop: Run) -> None:
    outside = Seam("payment", "", "importlib.util.find_spec")
    (first, *rest) = shop.observations.behaviours
    behaviours = (replace(first, seam=outside, stand_in="replacement"), *rest)
    run = replace(shop, observations=replace(shop.observations, behaviours=behaviours))
    assert seen(run, outside).kind == "outside"
    assert seen(run, outside).coverage.status == "mocked only"


def test_accepted_findings_are_not_open(shop: Run) -> None:
    cancel = seen(shop, Seam("api", "order", "order.OrderSystem.cancel"))
    assert len(cancel.findings) == 1
    assert cancel.by_rule == ()


def test_open_findings_come_by_rule_the_gravest_first(shop: Run) -> None:
    receipt = seen(
        shop, Seam("order", "notification_service", "notification_service.NotificationService.send_receipt")
    )
    assert [[finding.rule for finding in found] for found in receipt.by_rule] == [["DF201"], ["DF104"]]
