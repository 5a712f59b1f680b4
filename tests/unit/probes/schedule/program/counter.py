"""A component that shares memory, and no lock."""

import heapq
import threading

TOTAL = {"all": 0}


class Counter:
    def __init__(self):
        self.count = 0
        self.other = 0
        self.jobs = [3, 1, 2]
        self.lock = threading.Lock()

    def add(self):
        seen = self.count
        bigger = seen + 1
        self.count = bigger
        return bigger

    def add_twice(self):
        first = self.add()
        second = first + 1
        self.other += 1
        return second

    def push(self, job):
        heapq.heappush(self.jobs, job)

    def add_locked(self):
        with self.lock:
            self.count += 1
        return self.count


def note(key):
    TOTAL[key] += 1


def plain(a, b):
    c = a + b
    return len(str(c))


def closed():
    count = 0

    def add(step=1):
        nonlocal count
        seen = count
        count = seen + step
        return count

    return add
