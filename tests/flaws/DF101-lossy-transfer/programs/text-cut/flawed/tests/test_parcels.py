import pytest

import parcels


@pytest.mark.parametrize("name", ["ada", "grace"])
def test_a_label_names_its_receiver(name):
    assert parcels.send(name).startswith(name)


def test_a_label_has_the_address():
    assert parcels.send("ada").endswith("Analytical Row, London")
