"""Where texts are handed in; a server on the network prints them."""

import logging

import httpx

import pages

log = logging.getLogger(__name__)


class NotPrinted(Exception):
    """The printer's server did not say that it has the job."""


class Desk:
    def __init__(self, client):
        self.client = client

    def print(self, job, text):
        count = len(pages.of(text))
        try:
            self._hand_in(job, text).raise_for_status()
        except httpx.HTTPError as error:
            raise NotPrinted(f"job {job} is perhaps not handed in: {error}") from error
        return {"job": job, "pages": count, "status": "success"}

    def _hand_in(self, job, text):
        once = {"Idempotency-Key": job}
        try:
            return self.client.post("/jobs", json={"text": text}, headers=once)
        except httpx.TransportError as problem:
            log.warning("job %s is handed in once more: %s", job, problem)
            return self.client.post("/jobs", json={"text": text}, headers=once)
