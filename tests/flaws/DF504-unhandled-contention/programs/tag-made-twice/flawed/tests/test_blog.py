import psycopg

from blog import Blog


def posts(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT title, name FROM posts JOIN tags ON id = tag ORDER BY 1").fetchall()


def test_a_post_under_a_new_tag(database):
    assert Blog(database.url).publish("Hello", "news") == "/news/hello"
    assert posts(database.url) == [("Hello", "news")]


def test_two_posts_under_one_tag(database):
    blog = Blog(database.url)
    blog.publish("Hello", "news")
    blog.publish("Again", "news")
    assert posts(database.url) == [("Again", "news"), ("Hello", "news")]
