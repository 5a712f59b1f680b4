"""PostgreSQL for tests: a server that starts from a cached copy, and a database that is clean again in milliseconds."""
