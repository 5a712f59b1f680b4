"""Converts texts in a thread, while the next ones are read."""

import queue
import threading

import sources


def convert(names):
    waiting, done = queue.Queue(), []
    worker = threading.Thread(target=_work, args=(waiting, done), name="converter", daemon=True)
    worker.start()
    try:
        for name in names:
            waiting.put(sources.read(name))
    finally:
        waiting.put(None)
        worker.join()
    return done


def _work(waiting, done):
    while (text := waiting.get()) is not None:
        done.append(text.upper())
