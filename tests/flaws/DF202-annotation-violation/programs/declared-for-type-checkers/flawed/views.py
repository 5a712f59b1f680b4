"""What is answered."""

from web import SignedInRequest


def orders(request: SignedInRequest) -> str:
    return f"orders at {getattr(request, 'path', request)}"
