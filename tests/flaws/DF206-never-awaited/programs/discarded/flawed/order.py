"""Orders."""

import notify


async def place(customer):
    notify.send(customer, "your order is on its way")
    return "placed"
