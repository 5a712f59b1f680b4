"""The box office sells tickets."""

from seats import Seats


class BoxOffice:
    def __init__(self, url):
        self.seats = Seats(url)

    def sell(self, show):
        """Sell one ticket, and return what is printed on it. Raises SoldOut."""
        self.seats.take(show)
        return f"{show}: admit one"
