"""The website; the server calls it in a thread for each request."""

from statistics_of_pages import Visits

PAGES = {"/": "Welcome", "/prices": "All for nothing"}


class Website:
    def __init__(self):
        self.visits = Visits()

    def show(self, path):
        """Return the page with its number of visitors."""
        number = self.visits.count(path)
        return f"{PAGES[path]} ({number})"
