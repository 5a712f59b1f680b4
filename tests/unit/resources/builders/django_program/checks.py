"""What make() does with Django's models."""

import factory
import pytest
import shop.baker_recipes
from factory.django import DjangoModelFactory
from shop.models import Customer, Gift, Invoice, Line, Note, Order, Tenant

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.maker import Maker


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    text = factory.Sequence(lambda n: f"note {n}")


def test_an_object_with_parents_and_children(make: Maker) -> None:
    order = make("Order", lines=3, tags=2)
    assert order.customer.tenant == order.tenant
    assert (Tenant.objects.count(), Line.objects.filter(order=order).count(), order.tags.count()) == (1, 3, 2)
    assert (order.stage, order.customer.nick, order.customer.phone) == ("start", "", None)
    assert order.customer.email.endswith("@example.com")
    order.full_clean()
    for line in order.lines.all():
        line.full_clean()


def test_constraints_are_met(make: Maker) -> None:
    order = make("shop.Order", status="paid")
    assert 0 < order.total < 50
    assert order.starts < order.ends
    assert order.paid_at is not None


def test_given_objects_bring_their_ancestors(make: Maker) -> None:
    customer = make(Customer)
    assert make(Order, customer=customer).tenant == customer.tenant
    assert make(Order, customer_id=customer.pk).tenant == customer.tenant


def test_one_to_one_inheritance_and_other_fields(make: Maker) -> None:
    invoice = make(Invoice)
    assert (Order.objects.get(), bool(invoice.data)) == (invoice.order, True)
    assert make(Order, invoice=1).invoice.span
    gift = make(Gift)
    assert Order.objects.filter(pk=gift.pk).exists()


def test_the_same_seed_gives_the_same(make: Maker) -> None:
    first, second = make(Order), make(Order)
    ids, totals = [first.pk, second.pk], [first.total, second.total]
    Order.objects.all().delete()
    Customer.objects.all().delete()
    again = Maker("test")
    made = [again(Order), again(Order)]
    assert ([each.pk for each in made], [each.total for each in made]) == (ids, totals)
    assert ids[0] != ids[1]


def test_own_recipes_and_factories_are_used(make: Maker) -> None:
    assert shop.baker_recipes.ware
    assert make("Ware", price=3).name == "plane"
    tenant = make(Tenant)
    note = make(Note, tenant=tenant)
    assert note.text.startswith("note ")
    assert note.tenant == tenant


def test_what_cannot_be_met_is_told(make: Maker) -> None:
    with pytest.raises(ResourceError, match="total_in_range"):
        make(Order, total=100)
    assert Order.objects.count() == 0
