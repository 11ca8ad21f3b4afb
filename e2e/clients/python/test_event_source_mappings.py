"""Event source mappings as boto3 sees them, with functions served by the test itself."""

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import arguments

# Where the server under test looks for functions.
PORT = int(os.environ.get("PARTITA_LAMBDA_PORT", "0"))

pytestmark = pytest.mark.skipif(PORT == 0, reason="the server knows no functions")


class Functions:
    """What functions were invoked with, and what they are to answer: by name, a function from events to (status, headers, result)."""

    def __init__(self):
        self.events = {}
        self.answers = {}
        self.news = threading.Condition()

    def invoke(self, name, event):
        with self.news:
            self.events.setdefault(name, []).append(event)
            self.news.notify_all()
        return self.answers.get(name, lambda _: (200, {}, None))(event)

    def changes(self, name):
        """`key=value` of all records so far, delivery by delivery."""
        with self.news:
            return [[change(record) for record in event["Records"]] for event in self.events.get(name, [])]

    def wait(self, name, condition):
        with self.news:
            enough = lambda: condition([[change(r) for r in e["Records"]] for e in self.events.get(name, [])])
            assert self.news.wait_for(enough, timeout=30), self.events.get(name)


def change(record):
    value = record["dynamodb"].get("NewImage", {}).get("v", {}).get("S", "")
    return f"{record['dynamodb']['Keys']['p']['S']}={value}"


@pytest.fixture(scope="module")
def functions():
    functions = Functions()

    class Invoke(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            name = self.path.split("/")[3]
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, result = functions.invoke(name, event)
            body = json.dumps(result).encode()
            self.send_response(status)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", PORT), Invoke)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield functions
    server.shutdown()


@pytest.fixture(scope="module")
def lambdas():
    return boto3.client("lambda", **arguments())


@pytest.fixture
def stream(make_table, client):
    table = make_table("p:S", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    return table, client.describe_table(TableName=table)["Table"]["LatestStreamArn"]


@pytest.fixture
def make_mapping(lambdas):
    made = []

    def make(arn, function, **more):
        mapping = lambdas.create_event_source_mapping(
            EventSourceArn=arn, FunctionName=function, **{"StartingPosition": "TRIM_HORIZON", **more}
        )
        made.append(mapping["UUID"])
        return mapping

    yield make
    for uuid in made:
        try:
            lambdas.delete_event_source_mapping(UUID=uuid)
        except lambdas.exceptions.ResourceNotFoundException:
            pass


def put(client, table, key, value):
    client.put_item(TableName=table, Item={"p": {"S": key}, "v": {"S": value}})


def test_a_function_gets_records_in_lambdas_form(client, stream, functions, make_mapping):
    table, arn = stream
    make_mapping(arn, "forms")
    put(client, table, "a", "1")
    functions.wait("forms", lambda changes: changes == [["a=1"]])
    record = functions.events["forms"][0]["Records"][0]
    assert record["eventName"] == "INSERT" and record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == arn
    assert record["dynamodb"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_a_mapping_is_made_shown_listed_changed_and_deleted(stream, lambdas, functions, make_mapping):
    _, arn = stream
    mapping = make_mapping(arn, "life", BatchSize=7, MaximumRetryAttempts=3)
    assert mapping["State"] == "Creating" and mapping["BatchSize"] == 7
    assert mapping["FunctionArn"].endswith(":function:life")
    uuid = mapping["UUID"]
    shown = lambdas.get_event_source_mapping(UUID=uuid)
    assert (shown["State"], shown["LastProcessingResult"]) == ("Enabled", "No records processed")
    assert shown["MaximumRetryAttempts"] == 3 and shown["LastModified"].year >= 2020
    pages = lambdas.get_paginator("list_event_source_mappings").paginate(EventSourceArn=arn)
    assert [m["UUID"] for page in pages for m in page["EventSourceMappings"]] == [uuid]
    changed = lambdas.update_event_source_mapping(UUID=uuid, Enabled=False, BatchSize=9)
    assert (changed["State"], changed["BatchSize"]) == ("Disabling", 9)
    assert lambdas.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert lambdas.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    with pytest.raises(lambdas.exceptions.ResourceNotFoundException):
        lambdas.get_event_source_mapping(UUID=uuid)


def test_what_cannot_be_is_refused(stream, lambdas, functions, make_mapping):
    _, arn = stream
    mapping = make_mapping(arn, "once")
    with pytest.raises(lambdas.exceptions.ResourceConflictException) as conflict:
        make_mapping(arn, "once")
    assert mapping["UUID"] in str(conflict.value)
    with pytest.raises(lambdas.exceptions.InvalidParameterValueException):
        make_mapping(arn + "x", "nowhere")
    with pytest.raises(lambdas.exceptions.InvalidParameterValueException):
        make_mapping(arn, "queue", DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}})
    with pytest.raises(lambdas.exceptions.InvalidParameterValueException):
        make_mapping(arn, "pattern", FilterCriteria={"Filters": [{"Pattern": "{"}]})
    with pytest.raises(ClientError) as refused:
        make_mapping(arn, "positions", StartingPosition="NEVER")
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_partial_answers_and_failures_are_repeated_in_order(client, stream, functions, make_mapping):
    table, arn = stream
    for value in "123":
        put(client, table, "a", value)

    def answer(event):
        calls = len(functions.events["partial"])
        if calls == 1:
            return 200, {"X-Amz-Function-Error": "Unhandled"}, {"errorMessage": "no"}
        if calls == 2:
            number = event["Records"][1]["dynamodb"]["SequenceNumber"]
            return 200, {}, {"batchItemFailures": [{"itemIdentifier": number}]}
        return 200, {}, {"batchItemFailures": []}

    functions.answers["partial"] = answer
    make_mapping(arn, "partial", FunctionResponseTypes=["ReportBatchItemFailures"])
    functions.wait("partial", lambda changes: len(changes) >= 3)
    assert functions.changes("partial") == [["a=1", "a=2", "a=3"], ["a=1", "a=2", "a=3"], ["a=2", "a=3"]]


def test_latest_begins_with_what_comes_next(client, stream, lambdas, functions, make_mapping):
    table, arn = stream
    put(client, table, "a", "before")
    make_mapping(arn, "latest", StartingPosition="LATEST")
    # As with the real service, the mapping begins some time after it was asked for.
    deadline = time.monotonic() + 30
    while not functions.changes("latest") and time.monotonic() < deadline:
        put(client, table, "a", f"after {time.monotonic()}")
    assert functions.changes("latest")[0][0].startswith("a=after")
