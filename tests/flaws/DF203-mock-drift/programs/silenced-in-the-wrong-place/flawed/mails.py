"""Mails to customers."""

outbox = []


def confirm(address, number):
    outbox.append(f"{address}: order {number}")
    return len(outbox)
