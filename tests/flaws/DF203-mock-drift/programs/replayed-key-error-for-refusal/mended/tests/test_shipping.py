import pytest
import shipping
import tariffs


@pytest.fixture
def cheap(monkeypatch):
    rates = {"inland": 1}
    def rate(zone):
        try:
            return rates[zone]
        except KeyError:
            raise tariffs.UnknownZone(zone) from None

    monkeypatch.setattr(tariffs, "rate", rate)


def test_a_heavy_parcel(cheap):
    assert shipping.cost("inland", 20) == 20


def test_a_light_parcel():
    assert shipping.cost("europe", 2) == 24


def test_an_express_parcel():
    assert tariffs.rate("inland", express=True) == 10


def test_where_nothing_is_sent():
    assert shipping.cost("moon", 2) is None
