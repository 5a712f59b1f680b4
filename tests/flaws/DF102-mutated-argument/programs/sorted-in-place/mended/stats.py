"""Numbers about numbers."""


def median(values):
    ordered = sorted(values)
    return ordered[len(values) // 2]
