"""A worker does the jobs that others have left in the database."""

from jobs import Jobs


class Worker:
    def __init__(self, url):
        self.jobs = Jobs(url)

    def begin(self):
        """Return a job that nobody else does, or None where there is none."""
        return self.jobs.claim()
