"""Orders from the web form."""

import inventory


def submit(fields: dict[str, str]) -> str:
    return inventory.reserve(fields["sku"], int(fields["quantity"]))
