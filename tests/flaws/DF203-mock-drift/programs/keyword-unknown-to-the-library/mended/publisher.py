"""Publishes pages."""

import shutil
from pathlib import Path

import layout


def publish(source: Path, name: str) -> str:
    target = layout.target(name)
    shutil.copytree(source, target, dirs_exist_ok=True)
    return str(target)
