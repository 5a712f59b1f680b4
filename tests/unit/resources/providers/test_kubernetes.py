"""Pods through the official client: a mock of the API server, behind which a real Redis answers the forwarded port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.resources.providers.cluster import Cluster

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import Environment
from dryfit.resources.keepers import kubernetes as keeper
from dryfit.resources.registry import kind_named
from dryfit.resources.server import attach

kubernetes = pytest.importorskip("kubernetes")
redis = pytest.importorskip("redis")


@pytest.fixture
def cluster(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster whose pods answer as a real Redis with the container's password does."""
    container = kind_named("redis").container(Declaration("sessions", "redis"))
    launch = kind_named("redis").launch(Declaration("sessions", "redis"), tmp_path)
    with (
        closing(attach(launch)) as server,
        closing(Cluster({6379: ("127.0.0.1", server.endpoint.port)})) as cluster,
    ):
        with redis.Redis(port=server.endpoint.port, password=server.endpoint.mark) as client:
            client.execute_command("ACL", "SETUSER", "default", f">{container.password or 'dryfit'}")
        config = tmp_path / "kubeconfig"
        cluster.configure(config)
        monkeypatch.setenv("KUBECONFIG", str(config))
        yield cluster


def declared(**options: object) -> Declaration:
    return Declaration("sessions", "redis", "kubernetes", (), {"namespace": "tests", **options})


def test_a_pod_is_made_reached_and_removed(cluster, tmp_path, eventually):
    with Environment([declared()], tmp_path, "dryfit_one") as environment:
        with redis.Redis.from_url(environment.open("sessions").handle.url) as client:
            client.set("basket", "full")
            assert client.get("basket") == b"full"
        (pod,) = cluster.pods.values()
        (container,) = pod["spec"]["containers"]
        assert container["image"] == "redis:7-alpine"
        assert pod["spec"]["volumes"][0]["emptyDir"] == {"medium": "Memory"}
        assert pod["spec"]["activeDeadlineSeconds"] > 0
    assert eventually(lambda: not cluster.pods)


def test_the_manifest_is_valid(cluster, tmp_path):
    validate = pytest.importorskip("kubernetes_validate")
    with Environment([declared()], tmp_path, "dryfit_one") as environment:
        environment.open("sessions")
    assert validate.validate(cluster.created[0], validate.latest_version(), strict=True)


def test_a_pod_whose_keeper_was_killed_goes_with_the_next_start(cluster, tmp_path):
    cluster.pods["dryfit-lost"] = {
        "metadata": {
            "name": "dryfit-lost",
            "labels": {keeper.HOST_LABEL: keeper._host()},
            "annotations": {keeper.HOME_ANNOTATION: str(tmp_path / "gone")},
        }
    }
    with Environment([declared()], tmp_path, "dryfit_one") as environment:
        environment.open("sessions")
        assert "dryfit-lost" in cluster.deleted


def test_an_image_that_cannot_be_pulled_is_told(cluster, tmp_path):
    cluster.waiting = {"reason": "ImagePullBackOff", "message": "no such image"}
    with pytest.raises(ResourceError, match="ImagePullBackOff: no such image"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")


def test_a_cluster_that_refuses_is_told(cluster, tmp_path):
    cluster.refuses = "pods is forbidden"
    with pytest.raises(ResourceError, match=r"403 Forbidden: .*pods is forbidden"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")


def test_without_a_cluster_it_says_so(runtime, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ResourceError, match="no cluster is configured"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")
