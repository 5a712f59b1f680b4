"""What operations use is read after each run, though a driver tells of its server in nobody's name."""

from __future__ import annotations

from contextvars import Context
from pathlib import Path

from dryfit.config import load_config
from dryfit.lab.at_once import AtOnce
from dryfit.lab.bench import Unseen, bench
from dryfit.model.target import Target
from dryfit.probes.schedule import serial
from dryfit.resources.postgres.footprints import PostgresFootprints
from dryfit.resources.postgres.waits import PostgresBackends


class Noting(Unseen):
    """Remembers what is to be read."""

    def __init__(self) -> None:
        self.read: list[Target] = []

    def use(self, target: Target) -> None:
        self.read.append(target)


def test_a_database_is_read_that_a_task_of_a_driver_uses(tmp_path: Path) -> None:
    target, scene, backends = Target("redis", "db 0", "redis://localhost/0"), Noting(), PostgresBackends()
    with bench(load_config(tmp_path), None, looks=False) as made:
        at_once = AtOnce(made.weave, scene, backends, PostgresFootprints(backends))

        def operation() -> None:
            Context().run(made.weave.connections.used, target)

        runs = []
        for _ in range(2):
            with at_once.governed(lines=False):
                runs.append(at_once.run([operation], serial((0,))))

    assert runs[0] is None  # it was not known before
    assert runs[1] is not None
    assert scene.read == [target, target]
