"""What a thermometer read, in the order of time."""

import stats


def summary(temperatures):
    middle = stats.median(temperatures)
    return {"median": middle, "latest": temperatures[-1]}
