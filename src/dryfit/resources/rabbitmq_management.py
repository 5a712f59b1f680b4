"""RabbitMQ's management over HTTP: virtual hosts, and what is in them."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from dryfit.model.errors import ResourceError

TIMEOUT_SECONDS = 10.0

Items = list[dict[str, object]]


class Management:
    """The management of one server. ``url`` may bear a user and a password of its own."""

    def __init__(self, url: str, user: str, password: str) -> None:
        at = urlsplit(url)
        self._url = f"{at.scheme}://{at.netloc.rpartition('@')[2]}/api/"
        login = f"{unquote(at.username or user)}:{unquote(at.password or password)}"
        self._headers = {
            "Authorization": f"Basic {b64encode(login.encode()).decode()}",
            "Content-Type": "application/json",
        }
        self._opener = build_opener(ProxyHandler({}))  # a proxy has nothing to do with the tests' servers

    def get(self, path: str) -> Items:
        """What is found there."""
        return self._ask("GET", path, None)

    def put(self, path: str, body: object = None) -> None:
        """Make it."""
        self._ask("PUT", path, body or {})

    def post(self, path: str, body: object) -> Items:
        """Do it."""
        return self._ask("POST", path, body)

    def delete(self, path: str) -> None:
        """Remove it; what is gone already is no error."""
        self._ask("DELETE", path, None, gone_is_good=True)

    def _ask(self, method: str, path: str, body: object, *, gone_is_good: bool = False) -> Items:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data=data, method=method, headers=self._headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                content = answer.read()
        except HTTPError as error:
            with error:
                if error.code == 404 and gone_is_good:
                    return []
                raise ResourceError(
                    f"rabbitmq: {method} {request.full_url}: {error.code} {error.read().decode(errors='replace')}",
                    slug="resources",
                ) from error
        except (URLError, OSError) as error:
            raise ResourceError(
                f"rabbitmq: no management answers at {self._url} ({error}); enable the plugin rabbitmq_management, "
                "and say where it is by the key management",
                slug="resources",
            ) from error
        found: Items = json.loads(content) if content else []
        return found
