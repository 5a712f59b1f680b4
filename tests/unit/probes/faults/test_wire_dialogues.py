"""Where a request that counts ends, and where its reply does, however both are cut into pieces on their way."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.probes.faults.wire.http import Http
from dryfit.probes.faults.wire.postgres import Postgres
from dryfit.probes.faults.wire.resp import Resp
from dryfit.probes.faults.wire.smtp import Smtp


def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


POST = b"POST /orders HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
READY = message(b"Z", b"I")
PARSED, BOUND, DONE = message(b"1"), message(b"2"), message(b"C", b"INSERT 0 1\0")

EXCHANGES = {
    "redis: a command": (Resp, resp(b"INCR", b"k"), b":1\r\n"),
    "redis: a value with line ends": (Resp, resp(b"SET", b"k", b"a\r\n*9\r\n"), b"+OK\r\n"),
    "redis: a line": (Resp, b"INCR k\r\n", b":1\r\n"),
    "redis: nothing": (Resp, resp(b"SET", b"k", b"v", b"NX"), b"$-1\r\n"),
    "redis: a transaction": (
        Resp,
        resp(b"MULTI") + resp(b"INCR", b"k") + resp(b"GET", b"k") + resp(b"EXEC"),
        b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n$1\r\n1\r\n",
    ),
    "redis: a map, a set, a double, a verbatim text": (
        Resp,
        resp(b"XADD", b"k", b"*", b"a", b"1"),
        b"%1\r\n+a\r\n~2\r\n,1.5\r\n=7\r\ntxt:abc\r\n",
    ),
    "redis: something pushed before": (Resp, resp(b"DEL", b"k"), b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:1\r\n"),
    "http: a length": (Http, POST + b"Content-Length: 5\r\n\r\norder", OK + b"content-length:  2\r\n\r\nok"),
    "http: chunks": (
        Http,
        POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nord\r\n2\r\ner\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
    ),
    "http: hints before": (
        Http,
        POST + b"\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ),
    "smtp: a mail": (Smtp, b"DATA\r\nSubject: x\r\n\r\n..\r\nx\r\n.\r\n", b"354 Go on\r\n250-OK\r\n250 queued\r\n"),
    "smtp: an empty mail": (Smtp, b"MAIL FROM:<a>\r\nDATA\r\n.\r\n", b"250 OK\r\n354 Go on\r\n250\r\n"),
    "postgres: a simple query": (Postgres, message(b"Q", b"COMMIT\0"), message(b"C", b"COMMIT\0") + READY),
    "postgres: an extended query": (
        Postgres,
        message(b"P", b"\0INSERT\0\0\0") + message(b"B", b"\0" * 8) + message(b"E", b"\0" * 5) + message(b"S"),
        PARSED + BOUND + DONE + READY,
    ),
    "postgres: a copy": (
        Postgres,
        message(b"Q", b"copy t from stdin\0") + message(b"d", b"1\t1\n") + message(b"c"),
        message(b"G", b"\0" * 3) + message(b"C", b"COPY 1\0") + READY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXCHANGES)
@given(data=st.data())
def test_the_end_of_the_request_and_of_the_reply_is_found(name, data):
    kind, asked, said = EXCHANGES[name]
    dialogue = kind()
    cuts = data.draw(st.lists(st.integers(1, max(len(asked), len(said)) - 1), max_size=4).map(sorted))
    assert told(dialogue.ask, asked, cuts) == [*[False] * pieces(asked, cuts), True]
    assert told(dialogue.reply, said, cuts) == [*[False] * pieces(said, cuts), True]
    assert dialogue.key


def parts_of(text, cuts):
    cuts = [0, *[cut for cut in dict.fromkeys(cuts) if cut < len(text)], len(text)]
    return [text[begin:end] for begin, end in pairwise(cuts)]


def pieces(text, cuts):
    return len(parts_of(text, cuts)) - 1


def told(tell, text, cuts):
    return [tell(part) for part in parts_of(text, cuts)]


NOTHING = {
    "redis: a question": (Resp, resp(b"GET", b"k"), b"$-1\r\n"),
    "redis: what a client says as it connects": (
        Resp,
        resp(b"HELLO", b"3") + resp(b"CLIENT", b"SETINFO", b"LIB-NAME", b"x") + resp(b"SELECT", b"1"),
        b"%0\r\n+OK\r\n+OK\r\n",
    ),
    "http: a question": (Http, GET, OK + b"Content-Length: 0\r\n\r\n"),
    "http: another version": (Http, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\4\0\0\0\0\0"),
    "smtp: what comes before a mail": (Smtp, b"EHLO x\r\nMAIL FROM:<a>\r\n", b"250-x\r\n250 OK\r\n250 OK\r\n"),
    "postgres: a beginning": (Postgres, message(b"Q", b"BEGIN\0"), message(b"C", b"BEGIN\0") + READY),
    "postgres: a preparation": (
        Postgres,
        message(b"P", b"\0INSERT\0\0\0") + message(b"D", b"S\0") + message(b"S"),
        PARSED + message(b"n") + READY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_what_changes_nothing_does_not_count(name):
    kind, asked, said = NOTHING[name]
    dialogue = kind()
    assert dialogue.ask(asked) is False
    assert dialogue.reply(said) is False
    assert dialogue.key == b""


def test_a_transaction_counts_when_it_is_whole():
    dialogue = Resp()
    assert dialogue.ask(resp(b"MULTI") + resp(b"INCR", b"k")) is False
    assert dialogue.reply(b"+OK\r\n+QUEUED\r\n") is False
    assert dialogue.ask(resp(b"EXEC")) is True


def test_a_mail_server_greets_without_being_asked():
    dialogue = Smtp()
    assert dialogue.reply(b"220 x\r\n") is False
    assert dialogue.ask(b"DATA\r\nx\r\n.\r\n") is True
    assert dialogue.reply(b"354 Go on\r\n") is False
    assert dialogue.reply(b"250 OK\r\n") is True


def test_a_reply_without_a_length_ends_with_its_connection():
    dialogue = Http()
    assert dialogue.ask(POST + b"\r\n") is True
    assert dialogue.reply(OK + b"\r\nsome of it") is False
    assert dialogue.close() is True


@pytest.mark.parametrize("said", [b"", OK, OK + b"Content-Length: 9\r\n\r\nok"])
def test_a_reply_that_breaks_off_is_none(said):
    dialogue = Http()
    dialogue.ask(POST + b"\r\n")
    dialogue.reply(said)
    assert dialogue.close() is False


def test_a_request_that_is_signed_anew_is_the_same():
    first, second, other = Http(), Http(), Http()
    first.ask(POST + b"Content-Length: 1\r\nX-Date: 1\r\n\r\na")
    second.ask(POST + b"Content-Length: 1\r\nX-Date: 2\r\nX-Attempt: 2\r\n\r\na")
    other.ask(POST + b"Content-Length: 1\r\nX-Date: 1\r\n\r\nb")
    assert first.key == second.key != other.key


def test_a_second_exchange_on_a_connection_is_understood_too():
    dialogue = Http()
    dialogue.ask(GET)
    dialogue.reply(OK + b"Content-Length: 2\r\n\r\nok")
    assert dialogue.ask(POST + b"Content-Length: 1\r\n\r\na") is True
    assert dialogue.reply(OK + b"Content-Length: 2\r\n\r\no") is False
    assert dialogue.reply(b"k") is True
