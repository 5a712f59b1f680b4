"""Temperatures that were read, by station."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, func, select

METADATA = MetaData()
READINGS = Table(
    "readings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("station", String),
    Column("degrees", Float),
)


def mean(engine, station):
    """Return the mean of a station's readings, None where there are none."""
    with engine.connect() as connection:
        return connection.scalar(select(func.avg(READINGS.c.degrees)).where(READINGS.c.station == station))
