"""What has been run."""


def line(name: str, done: object) -> str:
    return f"{name}: {type(done).__name__}"
