"""The moment at which a frozen clock starts, and around which made-up dates lie."""

from __future__ import annotations

from datetime import UTC, datetime

START = datetime(2025, 3, 19, 14, 30, tzinfo=UTC)
"""A Wednesday afternoon in a common year, in no change of daylight-saving time, whose day is no month."""
