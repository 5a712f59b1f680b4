"""Names of CPython's instructions that differ from version to version."""

LOADS_CONSTANT = ("LOAD_CONST", "LOAD_COMMON_CONSTANT")
"""The second one loads ``None`` from CPython 3.15 on."""
