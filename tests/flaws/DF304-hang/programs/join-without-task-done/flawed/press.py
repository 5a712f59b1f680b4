"""Lays texts out in the background, while the next ones are read."""

import queue
import threading

import layout


def pages(texts):
    waiting, done = queue.Queue(), []
    worker = threading.Thread(target=_work, args=(waiting, done), daemon=True)
    worker.start()
    for text in texts:
        waiting.put(text)
    waiting.join()
    waiting.put(None)
    worker.join()
    return done


def _work(waiting, done):
    while (text := waiting.get()) is not None:
        done.append(layout.page(text))
        waiting.task_done()
