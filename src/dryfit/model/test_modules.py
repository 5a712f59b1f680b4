"""Which modules are tests, by the names that test modules have."""


def is_test_module(module: str) -> bool:
    """Whether a module is one of the tests."""
    parts = module.split(".")
    return parts[0] in ("test", "t") or any(
        part in ("tests", "_tests", "conftest") or part.startswith("test_") for part in parts
    )
