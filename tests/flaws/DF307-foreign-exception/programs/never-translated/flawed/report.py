"""What the weather was like, in words."""

import readings


class Report:
    def __init__(self, engine):
        self.engine = engine

    def line(self, station):
        mean = readings.mean(self.engine, station)
        return f"{station}: {'no readings' if mean is None else f'{mean:.1f} degrees'}"
