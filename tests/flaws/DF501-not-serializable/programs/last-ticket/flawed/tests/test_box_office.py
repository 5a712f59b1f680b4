import psycopg
import pytest

from box_office import BoxOffice
from seats import Seats, SoldOut


def put_on(url, show, free):
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO shows VALUES (%s, %s)", (show, free))


def test_the_last_ticket_is_sold(database):
    put_on(database.url, "Hamlet", free=1)
    assert BoxOffice(database.url).sell("Hamlet") == "Hamlet: admit one"
    assert Seats(database.url).free("Hamlet") == 0


def test_nothing_is_sold_when_all_seats_are_taken(database):
    put_on(database.url, "Hamlet", free=0)
    with pytest.raises(SoldOut):
        BoxOffice(database.url).sell("Hamlet")
