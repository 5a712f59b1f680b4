"""Requests, as the framework makes them."""


class Request:
    def __init__(self, path: str) -> None:
        self.path = path


class SignedInRequest(Request):
    """What views get: the same request, with what the middleware has put into it."""

    user: str
