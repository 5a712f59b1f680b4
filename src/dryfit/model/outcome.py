"""What came of a call, as a value."""


class Returned:
    """The call returned ``value``."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def unwrap(self) -> object:
        """Give the value back to the caller."""
        return self.value

    def carries(self, exception: BaseException) -> bool:
        """Whether this is that very exception: a value is not."""
        return False


class Raised:
    """The call raised ``exception``, which is the very object that the user's code raised."""

    __slots__ = ("exception",)

    def __init__(self, exception: BaseException) -> None:
        self.exception = exception

    def unwrap(self) -> object:
        """Raise the exception in the caller."""
        raise self.exception

    def carries(self, exception: BaseException) -> bool:
        """Whether this is that very exception object."""
        return self.exception is exception


Outcome = Returned | Raised
