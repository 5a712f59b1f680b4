"""Faults of AWS clients, once their own retries are used up."""

from __future__ import annotations

import sys

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import Occasion
from dryfit.probes.faults.web import nobody_listens

_TOO_MUCH = {
    "s3": ("SlowDown", 503),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "ec2": ("RequestLimitExceeded", 503),
}
"""How services say that too much is asked of them: code and HTTP status."""


def unreachable(occasion: Occasion, fault: Fault) -> BaseException:
    """Nobody listens."""
    url = occasion.holder.meta.endpoint_url
    error: BaseException = sys.modules["botocore.exceptions"].EndpointConnectionError(
        endpoint_url=url, error=nobody_listens()
    )
    return error


def timed_out(occasion: Occasion, fault: Fault) -> BaseException:
    """The service did what was asked and did not reply in time."""
    error: BaseException = sys.modules["botocore.exceptions"].ReadTimeoutError(
        endpoint_url=occasion.holder.meta.endpoint_url, error="Read timed out."
    )
    return error


def throttled(occasion: Occasion, fault: Fault) -> BaseException:
    """The service refuses for now."""
    client = occasion.holder
    code, status = _TOO_MUCH.get(client.meta.service_model.service_name, ("ThrottlingException", 400))
    said = {
        "Error": {"Code": code, "Message": fault.text},
        "ResponseMetadata": {
            "RequestId": "",
            "HTTPStatusCode": status,
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        },
    }
    error: BaseException = client.exceptions.from_code(code)(said, occasion.argument("operation_name"))
    return error
