"""Asks the search engine."""

from http.client import HTTPConnection
from urllib.parse import urlencode

import words


def search(text: str) -> int:
    connection = HTTPConnection("search.example.com")
    connection.request("GET", f"/search?{urlencode({'q': words.clean(text)})}")
    return connection.getresponse().status
