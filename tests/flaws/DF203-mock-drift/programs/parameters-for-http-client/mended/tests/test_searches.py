from http.client import HTTPConnection
from unittest.mock import patch

import searches


def test_a_search() -> None:
    with (
        patch.object(HTTPConnection, "request") as request,
        patch.object(HTTPConnection, "getresponse") as answer,
    ):
        answer.return_value.status = 200
        assert searches.search(" tea ") == 200
    request.assert_called_once_with("GET", "/search?q=tea")
