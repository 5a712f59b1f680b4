"""A PostgreSQL server of dryfit's own, with the one table of the Hermitage project, and others beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("psycopg")

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import new_space
from dryfit.resources.kinds.postgres import kind
from dryfit.resources.postgres import programs
from dryfit.resources.postgres.database import Database
from dryfit.resources.registry import provider_named

SCHEMA = """
CREATE TABLE test (id int PRIMARY KEY, value int);
INSERT INTO test VALUES (1, 10), (2, 20);
CREATE TABLE child (id serial PRIMARY KEY, parent int REFERENCES test);
CREATE TABLE other (id int PRIMARY KEY, value int);
INSERT INTO other VALUES (1, 1);
CREATE TABLE log (said text);
CREATE FUNCTION children() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM child';
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.value > 99 THEN RAISE EXCEPTION 'too much'; END IF;
  INSERT INTO log SELECT 'other, beside ' || count(*) FROM log;
  RETURN NEW;
END $$;
CREATE TRIGGER noted BEFORE UPDATE ON other FOR EACH ROW EXECUTE FUNCTION noted();
"""


@pytest.fixture(scope="session")
def database(server_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The database."""
    try:
        programs.find()
    except ResourceError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("hermitage")
    (root / "schema.sql").write_text(SCHEMA)
    declaration = Declaration("database", "postgres", options={"schema": "schema.sql"})
    with provider_named("embedded").provide(kind, declaration, root) as endpoint:
        resource = kind.open(declaration, endpoint, root, new_space())
        assert isinstance(resource, Database)
        with closing(resource):
            yield resource
