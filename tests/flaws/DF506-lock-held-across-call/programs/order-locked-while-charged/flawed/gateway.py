"""The bank's payment gateway."""

import httpx


class Gateway:
    def __init__(self, url):
        self.url = url

    def charge(self, reference, cents):
        """Take the money; the bank takes it once for a reference."""
        charge = {"reference": reference, "cents": cents}
        httpx.post(f"{self.url}/charges", json=charge, trust_env=False).raise_for_status()
