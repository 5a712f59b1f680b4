"""Documents that are written together."""

import access


async def write(user: str, text: str) -> str:
    return text if access.allowed(user, "write") else "read only"
