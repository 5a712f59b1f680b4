"""Mails to new readers."""

from dataclasses import dataclass


@dataclass
class Delivery:
    delivered: bool
    reason: str = ""


def send(address: str) -> Delivery:
    return Delivery("@" in address, "" if "@" in address else "no address")
