"""Models with constraints of every kind."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models


class Tenant(models.Model):
    name = models.CharField(max_length=40, unique=True)


class Customer(models.Model):
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    email = models.EmailField(unique=True)
    city = models.CharField(max_length=30)
    nick = models.CharField(max_length=30, blank=True)
    phone = models.CharField(max_length=30, null=True, blank=True)


class Tag(models.Model):
    label = models.SlugField(unique=True)


class Order(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders")
    status = models.CharField(max_length=10, choices=[("new", "New"), ("paid", "Paid")])
    total = models.DecimalField(max_digits=8, decimal_places=2)
    starts = models.DateField()
    ends = models.DateField()
    paid_at = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    tags = models.ManyToManyField(Tag)
    stage = models.CharField(max_length=10, db_default="start")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(total__gt=0, total__lt=50), name="total_in_range"),
            models.CheckConstraint(condition=models.Q(starts__lt=models.F("ends")), name="in_order"),
            models.CheckConstraint(
                condition=~models.Q(status="paid") | models.Q(paid_at__isnull=False), name="paid_has_time"
            ),
        )


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    quantity = models.PositiveSmallIntegerField(validators=[MinValueValidator(3)])
    position = models.IntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["order", "position"], name="one_position"),)


class Invoice(models.Model):
    order = models.OneToOneField(Order, on_delete=models.CASCADE)
    data = models.JSONField()
    span = models.DurationField()


class Gift(Order):
    """A child by multi-table inheritance."""

    message = models.TextField()


class Ware(models.Model):
    """Made by a recipe of model_bakery."""

    name = models.CharField(max_length=30)
    price = models.IntegerField()


class Note(models.Model):
    """Made by a factory of factory_boy."""

    text = models.CharField(max_length=30)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
