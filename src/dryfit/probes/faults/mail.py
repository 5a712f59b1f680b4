"""Faults of SMTP clients, in the middle of a session: the server hangs up, or refuses who is to receive."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.sockets import cut

UNKNOWN_USER = 550


def smtplib_is_connected(occasion: Occasion) -> bool:
    """Whether there is a session."""
    return getattr(occasion.holder, "sock", None) is not None


def smtplib_cut(occasion: Occasion, fault: Fault) -> None:
    """The wire is cut; the call finds out."""
    cut(occasion.holder.sock.fileno())


def smtplib_refused(occasion: Occasion, fault: Fault) -> BaseException:
    """The server knows none of the recipients; the session goes on."""
    to = occasion.argument("to_addrs")
    refused = {each: (UNKNOWN_USER, fault.text.encode()) for each in ([to] if isinstance(to, str) else to)}
    error: BaseException = sys.modules["smtplib"].SMTPRecipientsRefused(refused)
    return error


def reply_lost(occasion: Occasion, fault: Fault) -> BaseException:
    """The server took the mail and hung up before it said so."""
    occasion.holder.close()
    name = fault.exception.rpartition(".")[2]
    error: BaseException = getattr(sys.modules[occasion.driver], name)(fault.text)
    return error


def aiosmtplib_is_connected(occasion: Occasion) -> bool:
    """Whether there is a session."""
    return bool(occasion.holder.is_connected)


def aiosmtplib_cut(occasion: Occasion, fault: Fault) -> None:
    """The wire is cut; the call finds out."""
    cut(occasion.holder.transport.get_extra_info("socket").fileno())


def aiosmtplib_refused(occasion: Occasion, fault: Fault) -> BaseException:
    """The server knows none of the recipients; the session goes on."""
    errors: Any = sys.modules["aiosmtplib"]
    refused = [errors.SMTPRecipientRefused(UNKNOWN_USER, fault.text, each) for each in _recipients(occasion)]
    if not refused:
        raise NotMadeError("the mail is for nobody")
    error: BaseException = errors.SMTPRecipientsRefused(refused)
    return error


def _recipients(occasion: Occasion) -> Iterable[str]:
    """To whom a mail goes: those that are named, else those in its head."""
    named = occasion.argument("recipients")
    if named is None:
        found: Iterable[str] = sys.modules["aiosmtplib.email"].extract_recipients(
            occasion.argument("message")
        )
        return found
    return [named] if isinstance(named, str) else named
