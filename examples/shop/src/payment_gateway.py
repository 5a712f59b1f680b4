"""The shop's side of the payment gateway, which is spoken to over HTTP."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from http import HTTPStatus

import httpx
from pydantic import AwareDatetime, BaseModel, ValidationError

import settings
from errors import Invalid, Refused, Unavailable
from money import Amount, InvalidAmount, to_money


class PaymentDeclined(Refused):
    """The gateway will not take the money by this payment method."""


class PaymentRejected(Invalid):
    """The gateway does not understand the request: an unknown currency, method or payment."""


class GatewayUnavailable(Unavailable):
    """The gateway did not answer, or not as agreed; whether it took the money is not known."""


@dataclass(frozen=True, slots=True)
class GatewayPayment:
    """A payment as the gateway has booked it."""

    id: str
    status: str
    amount: Decimal
    currency: str
    paid_at: datetime


class PaymentReply(BaseModel):
    """A payment as the gateway writes it down."""

    id: str
    status: str
    amount: Decimal
    currency: str
    paid_at: AwareDatetime


class PaymentGateway:
    """Takes and gives back money through the gateway at GATEWAY_URL, or through a sandbox of its own."""

    def __init__(self, timeout_seconds: float = 10.0) -> None:
        self._timeout_seconds = timeout_seconds

    async def process_payment(
        self, amount: Amount, currency: str, payment_method: str, idempotency_key: str | None = None
    ) -> GatewayPayment:
        """Take the money; with the same idempotency key it is taken once, however often this is called.

        Raises InvalidAmount, PaymentDeclined, PaymentRejected, GatewayUnavailable.
        """
        money = to_money(amount)
        if not money:
            raise InvalidAmount(f"{amount!r} is nothing to pay")
        request = {
            "amount": str(money),
            "currency": currency,
            "payment_method": payment_method,
        }
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return await self._post("/payments", request, headers)

    async def refund(self, payment_id: str) -> GatewayPayment:
        """Give the money of a payment back; harmless when repeated.

        Raises PaymentRejected, GatewayUnavailable.
        """
        return await self._post(f"/payments/{payment_id}/refund", {}, {})

    async def _post(self, path: str, fields: dict[str, str], headers: dict[str, str]) -> GatewayPayment:
        url = settings.gateway_url()
        try:
            # The gateway is called directly: a proxy has no business with payments.
            async with httpx.AsyncClient(
                base_url=url, timeout=self._timeout_seconds, verify=_tls(), trust_env=False
            ) as client:
                response = await client.post(path, json=fields, headers=headers)
                return _payment(response)
        except (httpx.HTTPError, ValidationError) as error:
            raise GatewayUnavailable(f"the payment gateway at {url} failed: {error}") from error


def _payment(response: httpx.Response) -> GatewayPayment:
    if response.status_code == HTTPStatus.PAYMENT_REQUIRED:
        raise PaymentDeclined(f"the payment was declined: {response.json()['error']}")
    if response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise PaymentRejected(f"the payment gateway refused: {response.json()['error']}")
    reply = PaymentReply.model_validate_json(response.raise_for_status().content)
    return GatewayPayment(
        id=reply.id,
        status=reply.status,
        amount=reply.amount,
        currency=reply.currency,
        paid_at=reply.paid_at,
    )


@cache
def _tls() -> ssl.SSLContext:
    # Loading the certificates takes longer than a payment; once is enough.
    return httpx.create_ssl_context()
