import pytest
from sqlalchemy import create_engine, insert

from readings import METADATA, READINGS
from report import Report


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'weather.db'}")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


def test_the_mean_is_told(engine):
    with engine.begin() as connection:
        rows = [{"station": "Kiel", "degrees": degrees} for degrees in (11.0, 14.0)]
        connection.execute(insert(READINGS), rows)
    assert Report(engine).line("Kiel") == "Kiel: 12.5 degrees"


def test_a_station_without_readings(engine):
    assert Report(engine).line("Ulm") == "Ulm: no readings"
