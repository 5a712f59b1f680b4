import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import NullPool, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from invoices import Invoices
from rates import Rates


@pytest.fixture
def engine(database):
    url = make_url(database.url).set(drivername="postgresql+asyncpg")
    return create_async_engine(url, poolclass=NullPool)  # each test has event loops of its own


@pytest.fixture
def invoices(engine, central_bank):
    central_bank.server.expect_request("/rates/CHF").respond_with_json({"euros": "1.05"})
    invoices = Invoices(engine, Rates(central_bank.url))
    asyncio.run(invoices.write(7, "CHF", Decimal(200)))
    return invoices


def test_an_invoice_is_settled_at_todays_rate(invoices):
    assert asyncio.run(invoices.settle(7)) == 210
