import psycopg
import pytest

from worker import Worker


@pytest.fixture
def worker(database):
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO jobs (id) VALUES (1), (2), (3)")
    return Worker(database.url)


@pytest.mark.contention(copies=3)
def test_a_job_is_begun_for_the_first_time(worker):
    job = worker.begin()
    assert job is not None
    assert job.attempts == 1


def test_there_may_be_no_job(database):
    assert Worker(database.url).begin() is None
