"""Temperatures that were read, by station."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

METADATA = MetaData()
READINGS = Table(
    "readings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("station", String),
    Column("degrees", Float),
)


class ReadingsUnavailable(Exception):
    """The readings cannot be looked up now."""


def mean(engine, station):
    """Return the mean of a station's readings, None where there are none."""
    wanted = select(func.avg(READINGS.c.degrees)).where(READINGS.c.station == station)
    try:
        with engine.connect() as connection:
            return connection.scalar(wanted)
    except SQLAlchemyError as error:
        raise ReadingsUnavailable(f"the readings cannot be looked up: {error}") from error
