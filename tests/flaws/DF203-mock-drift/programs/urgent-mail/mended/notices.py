"""What readers are told by mail."""

from typing import Any

import mailer


def tell(reader: str, text: str, urgent: bool = False) -> int:
    options: dict[str, Any] = {"subject": "News", "body": text}
    if urgent:
        options["subject"] = "Urgent: News"
    return mailer.send(reader, **options)
