"""Tasks and threads that share a desk, its queue and its counter."""

import asyncio
from collections import deque

CACHE = {}
taken = 0


class Desk:
    opened = 0

    def __init__(self, free):
        self.free = free
        self.waiting = deque(["ann", "bob"])
        self.password = "open"
        self.names = ("desk",)

    async def reserve(self):
        if not self.free:
            return None
        await asyncio.sleep(0)
        self.free -= 1
        return self.free

    async def call_next(self):
        who = self.waiting[0] if self.waiting else None
        await asyncio.sleep(0)
        self.waiting.popleft()
        return who

    async def total(self):
        self.free = self.free + await ten()

    async def open(self):
        Desk.opened += 1
        await asyncio.sleep(0)
        Desk.opened += 1

    async def change(self):
        before = self.password
        await asyncio.sleep(0)
        self.password = before + "!"

    async def look(self):
        names = list(self.names)
        await asyncio.sleep(0)
        names.append(self.names[0])
        return names

    def sell(self):
        left = self.free - 1
        self.free = left


async def ten():
    await asyncio.sleep(0)
    return 10


async def rate(currency):
    if currency not in CACHE:
        found = await ten()
        CACHE[currency] = found
    return CACHE[currency]


async def take():
    global taken
    before = taken
    await asyncio.sleep(0)
    taken = before + 1


def counter():
    count = 0

    async def add():
        nonlocal count
        before = count
        await asyncio.sleep(0)
        count = before + 1

    return add


async def move(one, other):
    left = one.free
    await asyncio.sleep(0)
    one.free = left - 1
    other.free += 1
