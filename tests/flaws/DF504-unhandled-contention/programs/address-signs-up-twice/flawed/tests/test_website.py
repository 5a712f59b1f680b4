import asyncio

import psycopg

from website import Website


def users(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT email, name FROM users").fetchall()


def test_people_sign_up(database):
    assert asyncio.run(Website(database.url).sign_up("Ann@example.com ", "Ann")) == "Welcome, Ann"
    assert users(database.url) == [("ann@example.com", "Ann")]


def test_an_address_signs_up_once(database):
    website = Website(database.url)
    asyncio.run(website.sign_up("ann@example.com", "Ann"))
    reply = asyncio.run(website.sign_up("ann@example.com", "Anna"))
    assert reply == "ann@example.com has an account already"
