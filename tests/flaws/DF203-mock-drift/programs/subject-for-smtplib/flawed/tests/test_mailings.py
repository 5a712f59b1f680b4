from unittest.mock import patch

import mailings


def test_a_mail_is_sent() -> None:
    with patch("smtplib.SMTP") as server:
        assert mailings.send("Ann", "ann@example.com", subject="News") == "sent to ann@example.com"
    assert server.return_value.sendmail.call_args.kwargs == {"subject": "News"}
