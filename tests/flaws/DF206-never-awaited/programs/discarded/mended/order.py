"""Orders."""

import notify


async def place(customer):
    await notify.send(customer, "your order is on its way")
    return "placed"
