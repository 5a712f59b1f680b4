"""Lays texts out in the background, while the next ones are read."""

import queue
import threading

import layout


class NotPrinted(Exception):
    """A text could not be laid out."""


def pages(texts):
    waiting, done, errors = queue.Queue(), [], []
    worker = threading.Thread(target=_work, args=(waiting, done, errors), daemon=True)
    worker.start()
    for text in texts:
        waiting.put(text)
    waiting.join()
    waiting.put(None)
    worker.join()
    if errors:
        raise NotPrinted(f"{len(errors)} texts cannot be laid out") from errors[0]
    return done


def _work(waiting, done, errors):
    while (text := waiting.get()) is not None:
        try:
            done.append(layout.page(text))
        except Exception as error:
            errors.append(error)
        finally:
            waiting.task_done()
