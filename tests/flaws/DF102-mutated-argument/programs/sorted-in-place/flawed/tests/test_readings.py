import readings


def test_the_summary_of_a_rising_day():
    assert readings.summary([3, 9, 14]) == {"median": 9, "latest": 14}


def test_the_median_of_any_day():
    assert readings.summary([9, 14, 3])["median"] == 9
