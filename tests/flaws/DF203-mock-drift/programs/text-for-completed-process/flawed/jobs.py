"""Programs that run in the night."""

import subprocess
import time

import records


class Jobs:
    def __init__(self) -> None:
        self.log: list[str] = []

    def run(self, name: str, *command: str, wait: float = 0) -> int:
        time.sleep(wait)
        done = subprocess.run(command, check=True)
        self.log.append(records.line(name, done))
        return len(self.log)
