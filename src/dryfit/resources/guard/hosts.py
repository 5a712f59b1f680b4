"""Servers that somebody runs for a living: nobody starts one of these for tests on his own machine."""

from __future__ import annotations

import socket
from collections.abc import Mapping

MANAGED: Mapping[str, str] = {
    "aivencloud.com": "Aiven",
    "aliyuncs.com": "Alibaba Cloud",
    "amazonaws.com": "Amazon (RDS, ElastiCache, Heroku)",
    "amazonaws.com.cn": "Amazon (RDS, ElastiCache)",
    "appdomain.cloud": "IBM Cloud",
    "azure.com": "Azure",
    "cockroachlabs.cloud": "CockroachDB Cloud",
    "crunchybridge.com": "Crunchy Bridge",
    "database.cloud.ovh.net": "OVHcloud",
    "db.ondigitalocean.com": "DigitalOcean",
    "elephantsql.com": "ElephantSQL",
    "fly.dev": "Fly",
    "flympg.net": "Fly",
    "neon.tech": "Neon",
    "oraclecloud.com": "Oracle Cloud",
    "postgresbridge.com": "Crunchy Bridge",
    "psdb.cloud": "PlanetScale",
    "railway.app": "Railway",
    "redis-cloud.com": "Redis Cloud",
    "redislabs.com": "Redis Cloud",
    "render.com": "Render",
    "rlwy.net": "Railway",
    "scw.cloud": "Scaleway",
    "sql.goog": "Google Cloud SQL",
    "sql-psa.goog": "Google Cloud SQL",
    "supabase.co": "Supabase",
    "supabase.com": "Supabase",
    "synadia.cloud": "Synadia Cloud",
    "timescale.com": "Timescale Cloud",
    "timescaledb.io": "Timescale Cloud",
    "upstash.io": "Upstash",
    "vercel-storage.com": "Vercel",
    "windows.net": "Azure",
    "xata.sh": "Xata",
    "yugabyte.cloud": "YugabyteDB Aeon",
}
"""How the names of their hosts end, and whose they are."""

PROXIES: Mapping[str, str] = {"/cloudsql/": "Google Cloud SQL", "/alloydb/": "Google AlloyDB"}
"""How the directories of sockets begin that lead to them."""


def managed(host: str) -> str:
    """Who runs the host; "" where that is not known. An alias is followed to the name that it stands for."""
    for start, owner in PROXIES.items():
        if host.startswith(start):
            return owner
    if host.startswith("/"):
        return ""
    names = (host, _canonical(host))
    return next((owner for name in names for end, owner in MANAGED.items() if _ends(name, end)), "")


def _ends(name: str, end: str) -> bool:
    return f".{name.rstrip('.').lower()}".endswith(f".{end}")


def _canonical(host: str) -> str:
    try:
        return socket.getaddrinfo(host, None, flags=socket.AI_CANONNAME)[0][3]
    except (OSError, UnicodeError):
        return ""
