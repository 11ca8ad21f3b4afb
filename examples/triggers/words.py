"""A trigger: a function counts the words of texts as they are written to a table, with plain boto3 and a server of forty lines.

    pip install boto3
    cargo run --release -- local --ephemeral --lambda-endpoint http://127.0.0.1:9001    # in another terminal
    python examples/triggers/words.py
"""

import argparse
import io
import json
import os
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

TEXTS = {
    "1": "the cat sat on the mat",
    "2": "the dog sat on the cat",
    "3": "a draft that nobody is to count",
}
PUBLISHED = {"dynamodb": {"NewImage": {"state": {"S": ["published"]}}}}


class Words:
    """What the function has counted. Deliveries may come twice: what was seen is told apart by its event ID."""

    def __init__(self):
        self.counts = Counter()
        self.seen = set()
        self.news = threading.Condition()

    def handle(self, event):
        with self.news:
            for record in event["Records"]:
                if record["eventID"] not in self.seen:
                    self.seen.add(record["eventID"])
                    self.counts.update(record["dynamodb"]["NewImage"]["text"]["S"].split())
            self.news.notify_all()

    def wait_for(self, records):
        with self.news:
            assert self.news.wait_for(lambda: len(self.seen) >= records, timeout=30), "no records came"


def serve(address, words):
    """Speaks Lambda's Invoke API: an event comes in, the function's result goes out."""

    class Invoke(BaseHTTPRequestHandler):
        def do_POST(self):
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            words.handle(event)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            """Says nothing of each request."""

    server = ThreadingHTTPServer(address, Invoke)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def report(session, endpoint, port, out):
    """Makes a table and a mapping, writes texts, and shows what the function made of them."""
    table = session.resource("dynamodb", endpoint_url=endpoint).create_table(
        TableName="texts",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    table.wait_until_exists()
    words = Words()
    server = serve(("127.0.0.1", port), words)
    functions = session.client("lambda", endpoint_url=endpoint)
    mapping = functions.create_event_source_mapping(
        EventSourceArn=table.latest_stream_arn,
        FunctionName="words",
        StartingPosition="TRIM_HORIZON",
        FilterCriteria={"Filters": [{"Pattern": json.dumps(PUBLISHED)}]},
    )
    for number, text in TEXTS.items():
        state = "draft" if "draft" in text else "published"
        table.put_item(Item={"id": number, "text": text, "state": state})
    words.wait_for(2)
    for word, count in sorted(words.counts.items(), key=lambda entry: (-entry[1], entry[0])):
        print(f"{count} {word}", file=out)
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    table.delete()
    server.shutdown()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=9001, help="where the function is served")
    parser.add_argument("--check", metavar="FILE", help="compare the output with this file")
    options = parser.parse_args()
    endpoint = os.environ.get("PARTITA_ENDPOINT", "http://127.0.0.1:8000")
    session = boto3.Session(
        region_name="us-east-1", aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any"))
    out = io.StringIO()
    report(session, endpoint, options.port, out)
    print(out.getvalue(), end="")
    if options.check:
        with open(options.check, encoding="utf-8") as file:
            if file.read() != out.getvalue():
                sys.exit(f"the output differs from {options.check}")


if __name__ == "__main__":
    main()
