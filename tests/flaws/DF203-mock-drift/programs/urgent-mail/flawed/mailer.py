"""Mails on their way."""

outbox: list[str] = []


def send(to: str, subject: str, body: str) -> int:
    outbox.append(f"{to}: {subject}\n{body}")
    return len(body)
