"""Asks the search engine."""

from http.client import HTTPConnection

import words


def search(text: str) -> int:
    connection = HTTPConnection("search.example.com")
    connection.request("GET", "/search", params={"q": words.clean(text)})
    return connection.getresponse().status
