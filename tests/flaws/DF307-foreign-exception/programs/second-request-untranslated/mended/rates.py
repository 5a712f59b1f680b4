"""What a euro is worth, as a server on the network knows it."""

import httpx


class RatesUnavailable(Exception):
    """The server gave no answer, or a bad one."""


def latest(client, currency):
    return _rate(client, f"/latest/{currency}")


def on(client, currency, day):
    return _rate(client, f"/{day}/{currency}")


def _rate(client, path):
    try:
        return client.get(path).raise_for_status().json()["rate"]
    except httpx.HTTPError as error:
        raise RatesUnavailable(f"no rate at {path}: {error}") from error
