"""Hosts that are somebody's business."""

from __future__ import annotations

import socket

import pytest

from dryfit.resources.guard.hosts import managed


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Aliases and what they stand for, in place of a name server."""
    aliases: dict[str, str] = {}

    def getaddrinfo(host: str, *_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host not in aliases:
            raise OSError("no such host")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, aliases[host], ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return aliases


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("shop.c9akciq32.eu-central-1.rds.amazonaws.com", "Amazon"),
        ("shop.abc.ng.0001.euw1.cache.amazonaws.com", "Amazon"),
        ("ec2-3-248-1-1.eu-west-1.compute.amazonaws.com", "Heroku"),
        ("SHOP.Postgres.Database.Azure.com.", "Azure"),
        ("db.abcdefgh.supabase.co", "Supabase"),
        ("aws-0-eu-central-1.pooler.supabase.com", "Supabase"),
        ("ep-cool-1234.eu-central-1.aws.neon.tech", "Neon"),
        ("pg-1.a.aivencloud.com", "Aiven"),
        ("db-do-user-1.b.db.ondigitalocean.com", "DigitalOcean"),
        ("aws.connect.psdb.cloud", "PlanetScale"),
        ("eu1-shop.upstash.io", "Upstash"),
        ("/cloudsql/project:region:instance", "Google Cloud SQL"),
        ("localhost", ""),
        ("/var/run/postgresql", ""),
        ("db.internal", ""),
        ("myneon.tech.example", ""),
        ("notneon.tech", ""),
    ],
)
def test_who_runs_a_host(host: str, owner: str) -> None:
    assert owner in managed(host)
    assert bool(managed(host)) == bool(owner)


def test_an_alias_is_followed(no_name_server: dict[str, str]) -> None:
    no_name_server["db.internal"] = "shop.c9akciq32.eu-central-1.rds.amazonaws.com"
    assert "Amazon" in managed("db.internal")
