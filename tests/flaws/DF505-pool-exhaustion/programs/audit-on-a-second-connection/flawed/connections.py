"""The connections to the database: the operator grants us two."""

from sqlalchemy import create_engine, make_url


def engine(url):
    url = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(url, pool_size=2, max_overflow=0)
