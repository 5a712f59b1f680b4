"""A stand-in for an HTTP service: real for every client, and forgetful between tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from dryfit.model.resource import Declaration
from dryfit.resources.kinds.http import StandIn, kind

pytest.importorskip("pytest_httpserver")
PRICES = Declaration("prices", "http")


@pytest.fixture
def service() -> Iterator[StandIn]:
    with closing(kind.open(PRICES, None, Path(), "one")) as service:
        yield service


def get(service: StandIn, path: str) -> bytes:
    with urlopen(service.handle.url + path) as answer:
        content: bytes = answer.read()
        return content


def test_it_answers_what_the_test_says(service: StandIn) -> None:
    service.handle.server.expect_request("/prices/7").respond_with_data("9.90")
    assert get(service, "/prices/7") == b"9.90"


def test_a_subprocess_reaches_it(service: StandIn) -> None:
    service.handle.server.expect_request("/").respond_with_data("yes")
    program = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read())"
    ran = subprocess.run([sys.executable, "-c", program, service.handle.url], capture_output=True, text=True)
    assert ran.stdout == "b'yes'\n"


def test_clean_forgets_and_tells_nothing_of_what_went_well(service: StandIn) -> None:
    service.handle.server.expect_oneshot_request("/").respond_with_data("yes")
    service.handle.server.expect_request("/again").respond_with_data("yes")
    get(service, "/")
    assert service.clean() == ()
    assert service.handle.server.log == []
    with pytest.raises(HTTPError) as refused:
        get(service, "/again")
    refused.value.close()


def test_clean_tells_of_requests_and_expectations_that_did_not_meet(service: StandIn) -> None:
    service.handle.server.expect_oneshot_request("/wanted").respond_with_data("yes")
    with pytest.raises(HTTPError) as refused:
        get(service, "/unwanted")
    refused.value.close()
    requests, expectations = service.clean()
    assert (requests.place, requests.change, requests.count) == ("requests", "not expected", 1)
    assert "/unwanted" in requests.sample[0]
    assert (expectations.place, expectations.change, expectations.count) == ("expectations", "not met", 1)
    assert "/wanted" in expectations.sample[0]
    assert service.clean() == ()


@pytest.mark.parametrize("error", [AssertionError("no such article"), LookupError("no such price")])
def test_what_a_handler_raised_comes_out_as_the_same_object(service: StandIn, error: Exception) -> None:
    def answer(request: object) -> None:
        raise error

    service.check()
    service.handle.server.expect_request("/").respond_with_handler(answer)
    with pytest.raises(HTTPError) as refused:
        get(service, "/")
    refused.value.close()
    with pytest.raises(type(error)) as raised:
        service.check()
    assert raised.value is error
    (left,) = service.clean()
    assert (left.place, left.sample) == ("handlers", (repr(error),))
    service.check()
