"""What the staff must know."""

_messages = []


def raise_alarm(text):
    _messages.append(text)
    return len(_messages)
