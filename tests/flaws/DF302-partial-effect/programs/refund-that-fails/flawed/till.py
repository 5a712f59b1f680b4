"""What customers have paid, in cents."""


class TillOffline(Exception):
    """The bank cannot be reached now."""


class Till:
    def __init__(self):
        self.is_online = True
        self.paid = {}

    def charge(self, order, cents):
        self._reach()
        self.paid[order] = cents

    def refund(self, order):
        self._reach()
        self.paid.pop(order, None)

    def _reach(self):
        if not self.is_online:
            raise TillOffline("no line to the bank")
