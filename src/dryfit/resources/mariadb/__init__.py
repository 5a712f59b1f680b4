"""MariaDB for tests: a data directory made once, and a database that is put back as it was seeded."""
