"""Words on pages."""


def of(page: str) -> list[str]:
    return sorted(set(page.split()))


def newest(page: str) -> str | None:
    return page.split()[-1] if page else None
