"""A blog."""

import psycopg

from tags import Tags


class Blog:
    def __init__(self, url):
        self.url = url
        self.tags = Tags(url)

    def publish(self, title, tag):
        """Publish a post, under a tag that is made where there is none of this name."""
        tag_id = self.tags.id_of(tag)
        with psycopg.connect(self.url) as connection:
            connection.execute("INSERT INTO posts VALUES (%s, %s)", (title, tag_id))
        return f"/{tag}/{title.lower()}"
