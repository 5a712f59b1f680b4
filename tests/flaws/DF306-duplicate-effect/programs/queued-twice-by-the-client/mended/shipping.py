"""Parcels are handed over to the carrier by a queue."""

import logging

import parcels
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)


class Shipping:
    def __init__(self, queue, url):
        self.queue = queue
        self.url = url

    def ship(self, number, grams):
        label = parcels.label(number, grams)
        try:
            once = {"MessageGroupId": "parcels", "MessageDeduplicationId": number}
            self.queue.send_message(QueueUrl=self.url, MessageBody=label, **once)
        except (BotoCoreError, ClientError):
            log.warning("it is not known whether %s is shipped", number, exc_info=True)
            return "unconfirmed"
        return "shipped"
