"""The kinds of failure that the shop reports on purpose; each module names its own cases of them."""


class ShopError(Exception):
    """Something that the shop could not do, said in words its caller can pass on."""


class NotFound(ShopError):
    """What was asked for does not exist."""


class Invalid(ShopError):
    """What was given makes no sense, whatever the state of the shop."""


class Refused(ShopError):
    """What was asked for makes sense, but not in the present state of the shop."""


class Unauthenticated(ShopError):
    """The caller has not shown who they are."""


class Unavailable(ShopError):
    """A service that the shop depends on did not do its part; trying again later may help."""
