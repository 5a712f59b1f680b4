"""dryfit shows Python developers where their modules do not fit together.

PYTEST_DONT_REWRITE: there is no assertion in here for pytest to rewrite, and `dryfit check` has loaded us before pytest.
"""

__version__ = "0.1.0"
