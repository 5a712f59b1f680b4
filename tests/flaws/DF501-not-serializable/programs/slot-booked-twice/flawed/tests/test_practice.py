import asyncio

import psycopg
import pytest

from practice import NoSuchSlot, Practice


def booked(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT slot, patient FROM appointments").fetchall()


def test_a_free_slot_is_booked(database):
    assert asyncio.run(Practice(database.url).book("09:30", "Ann"))
    assert booked(database.url) == [("09:30", "Ann")]


def test_a_slot_is_booked_once(database):
    practice = Practice(database.url)
    assert asyncio.run(practice.book("10:00", "Ann"))
    assert not asyncio.run(practice.book("10:00", "Bob"))
    assert booked(database.url) == [("10:00", "Ann")]


def test_there_is_no_slot_at_night(database):
    with pytest.raises(NoSuchSlot):
        asyncio.run(Practice(database.url).book("03:00", "Ann"))
