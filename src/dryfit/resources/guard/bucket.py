"""Marks of S3 buckets: the token is a tag of the bucket, the identity is the endpoint and when the bucket was made."""

# ruff: noqa: N803 - the names of the arguments are those of boto3
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dryfit.resources.guard import register
from dryfit.resources.guard.mark import Identity, Mark, new_token, refusal

PREFIX = "dryfit-"
"""How a bucket's name begins; S3 has no underscore in names."""

_TAG = "dryfit"


class Client(Protocol):
    """What is asked of boto3's client for S3."""

    @property
    def meta(self) -> object:
        """Holds ``endpoint_url``."""

    def create_bucket(self, *, Bucket: str) -> object:
        """Make a bucket."""

    def delete_bucket(self, *, Bucket: str) -> object:
        """Remove an empty bucket."""

    def list_buckets(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """All buckets, each with ``Name`` and ``CreationDate``."""

    def put_bucket_tagging(self, *, Bucket: str, Tagging: object) -> object:
        """Give a bucket its tags."""

    def get_bucket_tagging(self, *, Bucket: str) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """The tags of a bucket as ``TagSet``."""


def create(client: Client, name: str) -> Mark:
    """Make a bucket, which must not exist yet, and mark it."""
    if not name.startswith(PREFIX) or _found(client, name) is not None:
        raise refusal(f"bucket {name}", f"it exists already, or its name does not begin with {PREFIX}")
    client.create_bucket(Bucket=name)
    identity = _found(client, name)
    assert identity is not None
    mark = register.enter(identity, new_token())
    client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": _TAG, "Value": mark.text}]})
    return mark


def prove(client: Client, name: str, mark: Mark) -> None:
    """Raise ``ResourceError`` unless the bucket of that name is the marked one."""
    found = _found(client, name)
    if found is None:
        raise refusal(f"bucket {name}", "it does not exist any more")
    register.confirm(Mark(found, mark.token), _text(client, name), f"bucket {name}")


def drop(client: Client, name: str, mark: Mark) -> None:
    """Remove the marked bucket, which is empty."""
    prove(client, name, mark)
    client.delete_bucket(Bucket=name)
    register.forget(mark)


def _found(client: Client, name: str) -> Identity | None:
    for bucket in client.list_buckets()["Buckets"]:
        if bucket["Name"] == name:
            endpoint = str(getattr(client.meta, "endpoint_url", ""))
            return Identity("s3", endpoint, f"{name} {bucket['CreationDate']}")
    return None


def _text(client: Client, name: str) -> str:
    try:
        tags = client.get_bucket_tagging(Bucket=name)["TagSet"]
    except Exception:  # noqa: BLE001 - boto3 makes its classes at run time; without tags there is no mark
        return ""
    return next((tag["Value"] for tag in tags if tag["Key"] == _TAG), "")
