"""What a euro is worth, as a server on the network knows it."""

import httpx


class RatesUnavailable(Exception):
    """The server gave no answer, or a bad one."""


def latest(client, currency):
    try:
        return client.get(f"/latest/{currency}").raise_for_status().json()["rate"]
    except httpx.HTTPError as error:
        raise RatesUnavailable(f"no rate of {currency}: {error}") from error


def on(client, currency, day):
    return client.get(f"/{day}/{currency}").raise_for_status().json()["rate"]
