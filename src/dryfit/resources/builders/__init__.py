"""Test data: rows and objects that the schema accepts, drawn from the test's own id."""
