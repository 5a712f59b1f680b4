"""Every request passes here."""

import views
from web import Request


def answer(request: Request) -> str:
    setattr(request, "user", "ann")
    return views.orders(request)
