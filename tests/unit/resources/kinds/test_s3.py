"""S3 in the test process: the buckets that a program expects, empty for every test."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Leftover
from dryfit.resources.kinds.s3 import ObjectStore, kind

boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto.server")
FILES = Declaration("files", "s3", options={"buckets": ["uploads", "reports"]})


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with closing(kind.open(FILES, None, Path(), "one")) as store:
        yield store


@pytest.fixture
def client(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """As a program makes its client, that knows of AWS by variables only."""
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable, value in store.handle.env.items():
        monkeypatch.setenv(variable, value)
    store.clean()
    with closing(boto3.session.Session().client("s3")) as client:
        yield client


def names(client: Any) -> list[str]:
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def test_aws_clients_find_the_buckets_by_their_own_variables(store: ObjectStore, client: Any) -> None:
    client.put_object(Bucket="uploads", Key="a/1", Body=b"one")
    assert client.get_object(Bucket="uploads", Key="a/1")["Body"].read() == b"one"
    assert sorted(names(client)) == ["reports", "uploads"]
    assert (store.handle.bucket, client.meta.endpoint_url) == ("uploads", store.handle.url)


def test_clean_tells_what_was_left_and_leaves_the_buckets_empty(store: ObjectStore, client: Any) -> None:
    for number in range(4):
        client.put_object(Bucket="uploads", Key=f"a/{number}", Body=b"")
    client.create_multipart_upload(Bucket="reports", Key="big")
    client.create_bucket(Bucket="another")
    assert set(store.clean()) == {
        Leftover("files", "uploads", "objects added", 4, ("a/0", "a/1", "a/2")),
        Leftover("files", "reports", "uploads not completed", 1, ("big",)),
        Leftover("files", "another", "buckets added", 1),
    }
    assert sorted(names(client)) == ["reports", "uploads"]
    assert "Contents" not in client.list_objects_v2(Bucket="uploads")
    assert store.clean() == ()


def test_a_removed_bucket_is_there_again(store: ObjectStore, client: Any) -> None:
    client.delete_bucket(Bucket="reports")
    assert store.clean() == (Leftover("files", "reports", "buckets removed", 1),)
    assert sorted(names(client)) == ["reports", "uploads"]


def test_settings_of_a_bucket_do_not_outlive_the_test(store: ObjectStore, client: Any) -> None:
    client.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    store.clean()
    assert "Status" not in client.get_bucket_versioning(Bucket="uploads")


def test_a_second_store_in_the_process_is_refused(store: ObjectStore) -> None:
    with pytest.raises(ResourceError, match=r"moto holds buckets already .*reports, uploads"):
        kind.open(Declaration("more", "s3"), None, Path(), "one")


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (["uploads"], True),
        ([], False),
        ("uploads", False),
        (["Uploads"], False),
        (["x"], False),
        ([7], False),
    ],
)
def test_names_of_buckets_are_judged_as_s3_does(value: object, good: bool) -> None:
    (option,) = kind.options
    assert option.good(value) is good
