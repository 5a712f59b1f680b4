"""The till."""

from vouchers import Vouchers


class Till:
    def __init__(self, url):
        self.vouchers = Vouchers(url)

    def pay(self, cents, voucher):
        """Return what is left to be paid in cash. Raises NotGood."""
        return max(0, cents - self.vouchers.redeem(voucher))
