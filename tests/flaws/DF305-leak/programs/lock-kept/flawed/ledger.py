"""A ledger that several threads write to."""

import threading

import amounts


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = []
        self.balance = 0

    def book(self, text, amount):
        self.lock.acquire()
        cents = amounts.parse(amount)
        self.balance += cents
        self.entries.append((text, cents, self.balance))
        self.lock.release()
