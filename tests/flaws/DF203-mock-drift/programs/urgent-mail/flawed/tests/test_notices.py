from unittest.mock import patch

import mailer
import notices


def test_a_notice_is_sent() -> None:
    assert notices.tell("ann@example.com", "Hello") == 5


def test_an_urgent_notice_says_so() -> None:
    with patch.object(mailer, "send", return_value=5) as send:
        assert notices.tell("ann@example.com", "Hello", urgent=True) == 5
    assert send.call_args.kwargs["priority"] == "high"
