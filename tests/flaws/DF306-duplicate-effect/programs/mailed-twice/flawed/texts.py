"""What we write to our readers."""

SENDER = "library@example.com"
REMINDER = "From: {sender}\r\nTo: {email}\r\nSubject: Please return it\r\n\r\n{book} is due.\r\n"


class NoBook(Exception):
    """Nobody can be reminded of nothing."""


def reminder(email, book):
    if not book:
        raise NoBook("a reminder needs the title of a book")
    return REMINDER.format(sender=SENDER, email=email, book=book)
