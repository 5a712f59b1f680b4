"""Faults of AWS clients, once their own retries are used up."""

from __future__ import annotations

import sys
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import Occasion
from dryfit.probes.faults.web import no_connection, no_reply

_TOO_MUCH = {
    "s3": ("SlowDown", 503),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "ec2": ("RequestLimitExceeded", 503),
}
"""How services say that too much is asked of them: code and HTTP status."""


_MOST_ATTEMPTS = {"legacy": 5, "standard": 3, "adaptive": 3}
"""How often a request is sent at most, by the mode of retries, where nothing is configured."""


def unreachable(occasion: Occasion, fault: Fault) -> BaseException:
    """Nobody listens."""
    url = occasion.holder.meta.endpoint_url
    error: BaseException = sys.modules["botocore.exceptions"].EndpointConnectionError(
        endpoint_url=url, error=no_connection(url)
    )
    return error


def timed_out(occasion: Occasion, fault: Fault) -> BaseException:
    """The service did what was asked and did not reply in time."""
    meta = occasion.holder.meta
    error: BaseException = sys.modules["botocore.exceptions"].ReadTimeoutError(
        endpoint_url=meta.endpoint_url, error=no_reply(meta.endpoint_url, meta.config.read_timeout)
    )
    return error


def throttled(occasion: Occasion, fault: Fault) -> BaseException:
    """The service refuses for now, and did so at every attempt."""
    client = occasion.holder
    code, status = _TOO_MUCH.get(client.meta.service_model.service_name, ("ThrottlingException", 400))
    said = {
        "Error": {"Code": code, "Message": fault.text},
        "ResponseMetadata": {
            "RequestId": "",
            "HTTPStatusCode": status,
            "HTTPHeaders": {},
            "RetryAttempts": _retries(client.meta.config),
            "MaxAttemptsReached": True,
        },
    }
    error: BaseException = client.exceptions.from_code(code)(said, occasion.statement)
    return error


def _retries(config: Any) -> int:
    """How often a client repeats a request at most."""
    configured = config.retries or {}
    most = configured.get("total_max_attempts") or _MOST_ATTEMPTS.get(configured.get("mode", "legacy"), 3)
    return int(most) - 1
