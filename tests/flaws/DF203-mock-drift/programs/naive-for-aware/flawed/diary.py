"""What happened when."""

import clock


def entry(text: str) -> str:
    return f"{clock.now().isoformat(timespec='minutes')} {text}"
