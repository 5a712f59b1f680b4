"""Who likes what."""

import logging

import articles
import redis

log = logging.getLogger(__name__)


class Likes:
    def __init__(self, client):
        self.redis = client

    def like(self, title, reader):
        key = articles.key(title)
        try:
            self.redis.sadd(key, reader)  # how often does not matter
        except redis.RedisError:
            log.warning("it is not known whether %s likes %s", reader, title, exc_info=True)
            return "unconfirmed"
        return "liked"
