"""S3: moto's server inside the test process, with the buckets that the program under test expects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources.in_process import InProcessKind
from dryfit.resources.kind import Option
from dryfit.resources.programs import needs_library

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket, S3Backend

REGION = "us-east-1"
SAMPLE = 3
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class BucketHandle(Handle):
    """Where S3 answers; ``env`` holds the variables by which AWS's own clients find it and log in to it."""

    buckets: tuple[str, ...] = field(kw_only=True)

    @property
    def bucket(self) -> str:
        """The first of them."""
        return self.buckets[0]


class S3Kind(InProcessKind):
    """A server for each worker, so that every worker may have buckets of the same names."""

    options = (
        Option(
            "buckets",
            "a list of names of buckets, 3 to 63 of a-z, 0-9, . and - each",
            lambda value: _good(value),
        ),
    )

    def open(
        self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str
    ) -> ObjectStore:
        """Start a server for this worker, with its buckets."""
        return ObjectStore(declaration)


class ObjectStore:
    """A server in a thread of its own; what it holds is reached directly, for it lives in this process."""

    def __init__(self, declaration: Declaration) -> None:
        with needs_library("s3", "s3"):
            from moto.server import ThreadedMotoServer
        self._name = declaration.name
        self._buckets = _buckets(declaration)
        self._backend = _backend()
        self._refuse_a_second_one()
        self._at = partial(ThreadedMotoServer, ip_address="127.0.0.1", verbose=False)
        self._server = self._at(port=0)
        self._server.start()
        self._is_running = True
        self._make_buckets()
        self.handle = _handle(declaration, *self._server.get_host_and_port(), self._buckets)

    def clean(self) -> tuple[Leftover, ...]:
        """Make the buckets anew, without objects, versions, policies; other buckets are removed."""
        left = tuple(self._left())
        self._backend.reset()
        self._make_buckets()
        return left

    def suspend(self) -> None:
        """Stop the server, which lives in a thread."""
        self._server.stop()
        self._is_running = False

    def resume(self) -> None:
        """Start it again at the same port."""
        self._server = self._at(port=self.handle.port)
        self._server.start()
        self._is_running = True
        self.clean()

    def close(self) -> None:
        """Stop the server."""
        if self._is_running:
            self._server.stop()
        self._backend.reset()

    def _make_buckets(self) -> None:
        for name in self._buckets:
            self._backend.create_bucket(name, REGION)

    def _left(self) -> Iterator[Leftover]:
        for name, bucket in self._backend.buckets.items():
            if name not in self._buckets:
                yield Leftover(self._name, name, "buckets added", 1)
            yield from self._left_in(name, bucket)
        for name in self._buckets:
            if name not in self._backend.buckets:
                yield Leftover(self._name, name, "buckets removed", 1)

    def _left_in(self, name: str, bucket: FakeBucket) -> Iterator[Leftover]:
        if keys := sorted(bucket.keys):
            yield Leftover(self._name, name, "objects added", len(keys), tuple(keys[:SAMPLE]))
        if uploads := sorted(upload.key_name for upload in bucket.multiparts.values()):
            yield Leftover(self._name, name, "uploads not completed", len(uploads), tuple(uploads[:SAMPLE]))

    def _refuse_a_second_one(self) -> None:
        if taken := sorted(self._backend.buckets):
            raise ResourceError(
                f"{self._name}: moto holds buckets already in this process ({', '.join(taken)}), and it has one store "
                "only; declare one resource of kind s3 with all buckets, and use no mock_aws around it",
                slug="resources",
            )


def _good(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(name, str) and _BUCKET.fullmatch(name) for name in value)
    )


def _buckets(declaration: Declaration) -> tuple[str, ...]:
    given = declaration.options.get("buckets")
    if isinstance(given, list):
        return tuple(given)
    return (f"dryfit-{declaration.name}".lower().replace("_", "-"),)


def _backend() -> S3Backend:
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _handle(declaration: Declaration, host: str, port: int, buckets: tuple[str, ...]) -> BucketHandle:
    url = f"http://{host}:{port}"
    return BucketHandle(
        declaration.name,
        "s3",
        url,
        host=host,
        port=port,
        user="dryfit",
        password="dryfit",
        env={
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "dryfit",
            "AWS_SECRET_ACCESS_KEY": "dryfit",
            "AWS_DEFAULT_REGION": REGION,
        },
        buckets=buckets,
    )


kind = S3Kind()
