"""dryfit shows Python developers where their modules do not fit together.

PYTEST_DONT_REWRITE: nothing in here is for pytest to rewrite, and `dryfit check` has loaded us before pytest.
"""

__version__ = "0.1.0"
