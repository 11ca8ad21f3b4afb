"""HTTP as clients below the SDKs see it: headers, checksums, compression, CORS, bodies too large or not JSON."""

import gzip
import http.client
import json
import re
import zlib
from urllib.parse import urlparse

import pytest

from conftest import ENDPOINT

HOST = urlparse(ENDPOINT).netloc
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host;x-amz-date, Signature=0")


@pytest.fixture
def connection():
    opened = http.client.HTTPConnection(HOST, timeout=30)
    yield opened
    opened.close()


def call(connection, operation="ListTables", body=b"{}", method="POST", path="/", **headers):
    sent = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0",
            "Authorization": AUTHORIZATION, "X-Amz-Date": "20260101T000000Z"}
    for name, value in headers.items():
        sent[name.replace("_", "-")] = value
    connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
    response = connection.getresponse()
    return response, response.read()


def test_headers_of_an_answer(connection):
    response, body = call(connection)
    assert response.status == 200 and "TableNames" in json.loads(body)
    assert re.fullmatch("[0-9A-Z]{52}", response.getheader("x-amzn-RequestId"))
    assert int(response.getheader("x-amz-crc32")) == zlib.crc32(body)
    assert response.getheader("Content-Type") == "application/x-amz-json-1.0"
    assert int(response.getheader("Content-Length")) == len(body)
    assert response.getheader("Date") and response.getheader("Server")


def test_keep_alive(connection):
    ids = set()
    for _ in range(3):
        response, _ = call(connection)
        ids.add(response.getheader("x-amzn-RequestId"))
        assert connection.sock is not None
    assert len(ids) == 3


def test_plain_json_is_taken_and_echoed(connection):
    response, _ = call(connection, Content_Type="application/json; charset=utf-8")
    assert response.status == 200 and response.getheader("Content-Type") == "application/json"


def test_gzip_both_ways(connection, make_table, client):
    name = make_table("p:S")
    client.put_item(TableName=name, Item={"p": {"S": "a"}, "v": {"S": "x" * 100_000}})
    body = gzip.compress(json.dumps({"TableName": name, "Key": {"p": {"S": "a"}}}).encode())
    response, answer = call(connection, "GetItem", body, Content_Encoding="gzip", Accept_Encoding="gzip")
    assert response.getheader("Content-Encoding") == "gzip"
    assert int(response.getheader("x-amz-crc32")) == zlib.crc32(answer) and len(answer) < 10_000
    assert len(json.loads(gzip.decompress(answer))["Item"]["v"]["S"]) == 100_000
    response, _ = call(connection, body=b"not gzip", Content_Encoding="gzip")
    assert response.status == 500


def test_health_and_unknown_paths(connection):
    response, body = call(connection, method="GET", body=None, Authorization=None)
    assert response.status == 200 and body.startswith(b"healthy: ")
    response, body = call(connection, method="GET", path="/elsewhere", body=None)
    assert response.status == 404 and body == b"<UnknownOperationException/>\n"
    assert response.getheader("x-amz-crc32") == "3552371480"


@pytest.mark.parametrize("operation, body, name", [
    ("NoSuchOperation", b"{}", "UnknownOperationException"), ("ListTables", b"{", "SerializationException"),
    ("ListTables", b"[]", "SerializationException"), ("ListTables", b'{"Limit": "x"}', "SerializationException"),
    ("GetItem", b'{"TableName": 1}', "SerializationException"), ("CreateBackup", b"{}", "UnknownOperationException"),
])
def test_requests_that_are_no_requests(connection, operation, body, name):
    response, answer = call(connection, operation, body)
    assert response.status == 400
    assert json.loads(answer)["__type"] == f"com.amazon.coral.service#{name}"


def test_cors(connection):
    response, _ = call(connection, Origin="http://app.example")
    assert response.getheader("Access-Control-Allow-Origin") == "*"
    response, body = call(connection, method="OPTIONS", body=None, Origin="http://app.example",
                          Access_Control_Request_Headers="x-amz-target", Access_Control_Request_Method="POST")
    assert response.status == 200 and body == b""
    assert response.getheader("Access-Control-Max-Age") == "172800"
    assert response.getheader("Access-Control-Allow-Headers") == "x-amz-target"


def test_a_body_over_16_mib_is_refused(connection):
    try:
        response, _ = call(connection, body=b" " * (16 * 1024 * 1024 + 1))
        assert response.status == 413
    except (BrokenPipeError, ConnectionResetError):
        # The server may close before it has read what it will not take; then it must still answer others.
        pass
    other = http.client.HTTPConnection(HOST, timeout=30)
    assert call(other)[0].status == 200
    other.close()


def test_deep_nesting_is_refused_not_fatal(connection, make_table):
    name = make_table("p:S")
    for depth in (40, 100_000):
        body = ('{"TableName": "%s", "Item": {"p": {"S": "a"}, "v": ' % name + '{"L": [' * depth + '{"NULL": true}' + "]}" * depth + "}}")
        response, answer = call(connection, "PutItem", body.encode())
        assert response.status == 400 and "ValidationException" in json.loads(answer)["__type"]
