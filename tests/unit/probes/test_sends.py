"""How effects that are no database's are described, and when two are the same."""

from __future__ import annotations

from email.message import EmailMessage
from types import SimpleNamespace
from uuid import uuid4

import pytest

from dryfit.model.crossing import Callee, Crossing, Site
from dryfit.model.seam import Effect, Place
from dryfit.probes.sends import described

SITE = Site("till", None, 0, Place("till.py", 3))


def about_to(name: str, effect: Effect = "send", **values: object) -> Crossing:
    callee = Callee(name.partition(".")[0], name, tuple(values), "library", effect, method=True)
    return Crossing(callee, "till", SITE, tuple(values.values()), None, "a test")


def request(method: str, url: str, **options: object):
    httpx = pytest.importorskip("httpx")
    return described(about_to("httpx.Client.send", self=None, request=httpx.Request(method, url, **options)))


def test_a_request():
    found = request("POST", "https://me:pw@pay.example/charge?token=s3cret&n=1", json={"amount": 5})
    assert found.what == "POST https://pay.example/charge?token=<secret>&n=1"
    assert found.source == "https://pay.example"
    assert not found.is_idempotent


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("GET", "/charges", None),
        ("POST", "/oauth/token", {"grant_type": "client_credentials"}),
        ("POST", "/orders/_search", {"match": "saw"}),
        ("POST", "/graphql", {"query": "query { orders { id } }"}),
    ],
)
def test_a_question_is_no_effect(method, path, document):
    assert request(method, f"https://pay.example{path}", json=document) is None


def test_a_mutation_of_graphql_is_no_question():
    document = {"query": "mutation { pay(order: 1) { id } }"}
    assert request("POST", "https://pay.example/graphql", json=document) is not None


def test_what_the_program_answers_itself_is_not_sent():
    httpx = pytest.importorskip("httpx")
    client = SimpleNamespace(_transport=httpx.ASGITransport(app=print))
    asked = httpx.Request("POST", "https://shop.example/orders")
    assert described(about_to("httpx.AsyncClient.send", self=client, request=asked)) is None


def test_what_is_generated_makes_no_difference_but_to_the_very_same():
    one, two = (
        request(
            "POST", "https://pay.example/charge", json={"id": str(uuid4()), "amount": 5, "order_id": number}
        )
        for number in (1, 2)
    )
    other = request(
        "POST", "https://pay.example/charge", json={"id": str(uuid4()), "amount": 6, "order_id": 1}
    )
    assert one.key == two.key != other.key
    assert one.exact != two.exact


def test_the_same_idempotency_key_is_the_very_same():
    one, two, other = (
        request("POST", "https://pay.example/charge", headers={"Idempotency-Key": key}, json={"at": number})
        for number, key in enumerate(("a", "a", "b"))
    )
    assert one.exact == two.exact != other.exact
    assert one.is_idempotent


@pytest.mark.parametrize(("method", "is_idempotent"), [("PUT", True), ("DELETE", True), ("PATCH", False)])
def test_methods_that_may_be_repeated(method, is_idempotent):
    assert request(method, "https://pay.example/charges/1").is_idempotent is is_idempotent


def test_other_clients():
    requests = pytest.importorskip("requests")
    prepared = requests.Request("POST", "https://pay.example/charge", json={"amount": 5}).prepare()
    one = described(about_to("requests.Session.send", self=None, request=prepared))
    two = described(
        about_to(
            "aiohttp.ClientSession._request",
            self=None,
            method="post",
            str_or_url="https://pay.example/charge",
            json={"amount": 5},
        )
    )
    assert one.what == two.what == "POST https://pay.example/charge"


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Your order"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"order {uuid4()} is on its way")
    return message


def test_a_mail_by_either_client():
    one = described(
        about_to(
            "smtplib.SMTP.sendmail",
            self=None,
            from_addr="a@example.org",
            to_addrs=["b@example.org"],
            msg=mail(Message_ID="<1@x>").as_string(),
        )
    )
    two = described(
        about_to(
            "aiosmtplib.SMTP.send_message",
            self=None,
            message=mail(Message_ID="<2@x>"),
            sender="a@example.org",
            recipients=None,
        )
    )
    assert one.what == two.what == "mail from a@example.org to b@example.org: Your order"
    assert one.key == two.key
    assert one.exact != two.exact


CLIENT = SimpleNamespace(
    connection_pool=SimpleNamespace(connection_kwargs={"db": 3}),
    command_stack=[(("SET", "k", 1), {}), (("GET", "k"), {})],
)


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("SET", "k", b"v"), "SET k v"),
        (("INCR", "k"), "INCR k"),
        (("SET", "session:token", "abc"), "SET session:token <secret>"),
        (("GET", "k"), None),
    ],
)
def test_a_command_of_redis(command, what):
    found = described(about_to("redis.Redis.execute_command", "write", self=CLIENT, args=command, options={}))
    assert (found and found.what) == what
    assert found is None or (found.source, found.is_idempotent) == ("redis db 3", command[0] == "SET")


def test_a_command_that_a_pipeline_of_redis_sends_at_once():
    name = "redis.Pipeline.immediate_execute_command"
    found = described(about_to(name, "write", self=CLIENT, args=("INCR", "k"), options={}))
    asks = described(about_to(name, "write", self=CLIENT, args=("GET", "k"), options={}))
    assert (found and found.what, asks) == ("INCR k", None)


def test_a_pipeline_of_redis():
    found = described(about_to("redis.Pipeline.execute", "write", self=CLIENT, raise_on_error=True))
    assert found.what == "SET k 1"


def test_programs_and_files():
    program = described(about_to("subprocess.Popen.__init__", self=None, args=["ls", "-l"]))
    assert program.what == "run ls -l"
    file, again = (
        described(
            about_to("builtins.open", "write", self=None, arguments=(f"/tmp/{n}/out.txt", "w"), options={})
        )
        for n in (1, 2)
    )
    assert (file.what, file.is_idempotent) == ("write out.txt", True)
    assert file.key == again.key


def cloud(service: str, operation: str, is_decorated: bool = True, **parameters: object):
    boto3 = pytest.importorskip("boto3")
    who = {"region_name": "x", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    given = (boto3.client(service, **who), operation, parameters)
    names = {"args": given, "kwargs": {}}
    if not is_decorated:
        names = dict(zip(("self", "operation_name", "api_params"), given, strict=True))
    return described(about_to("botocore.BaseClient._make_api_call", **names))


@pytest.mark.parametrize("is_decorated", [True, False], ids=["newer", "older"])
def test_a_call_of_a_cloud_service(is_decorated):
    found = cloud("sqs", "SendMessage", is_decorated, QueueUrl="https://x.example/q", MessageBody="x")
    assert (found.source, found.what) == ("sqs", "sqs SendMessage")
    assert not found.is_idempotent
    assert cloud("sqs", "ListQueues", is_decorated) is None


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sqs", "SendMessage", {"MessageBody": "x", "MessageDeduplicationId": "1"}),
        ("ec2", "RunInstances", {"MinCount": 1}),  # the client makes a token by itself
        ("s3", "PutObject", {"Key": "x"}),
    ],
)
def test_calls_of_a_cloud_service_that_may_be_repeated(service, operation, parameters):
    assert cloud(service, operation, **parameters).is_idempotent


def test_a_server_on_this_machine_has_another_port_each_time():
    one, two = (cloud("sqs", "SendMessage", QueueUrl=f"http://localhost:{port}/q") for port in (4000, 50123))
    assert one.key == two.key
