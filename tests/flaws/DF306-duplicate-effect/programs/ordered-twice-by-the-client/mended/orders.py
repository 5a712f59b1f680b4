"""Orders at the wholesaler."""

import logging

import basket
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

log = logging.getLogger(__name__)

AGAIN = Retry(total=3, backoff_factor=1, allowed_methods=None)  # any method


class Orders:
    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.session.mount("http://", HTTPAdapter(max_retries=AGAIN))

    def order(self, number, products):
        order = {"number": number, "lines": basket.lines(products)}
        try:
            once = {"Idempotency-Key": number}
            self.session.post(f"{self.url}/orders", json=order, headers=once, timeout=5).raise_for_status()
        except requests.RequestException:
            log.warning("it is not known whether %s is ordered", number, exc_info=True)
            return "unconfirmed"
        return "ordered"

    def close(self):
        self.session.close()
