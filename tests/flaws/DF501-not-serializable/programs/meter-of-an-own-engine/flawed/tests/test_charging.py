import pytest

from charging import Station


@pytest.fixture
def station(tmp_path):
    station = Station(f"sqlite:///{tmp_path / 'meters.db'}", "North")
    station.meters.install("North")
    yield station
    station.meters.engine.dispose()


def test_a_car_was_charged(station):
    assert station.report(7200) == "North gave 7200 Wh"
    assert station.meters.reading("North") == 7200


def test_cars_are_added_up(station):
    station.report(7200)
    station.report(300)
    assert station.meters.reading("North") == 7500
