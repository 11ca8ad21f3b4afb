"""A trigger that is declared: mapping.yaml sends the texts that are published to this server of forty lines, as CloudEvents.

    pip install boto3
    cargo run --release -- local --ephemeral --apply examples/triggers/mapping.yaml    # in another terminal
    python examples/triggers/events.py
"""

import argparse
import json
import os
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

TEXTS = {"1": "published", "2": "draft", "3": "published"}


def serve(port):
    """Takes CloudEvents in binary mode: attributes are headers, the body is the data. Gives the texts as they come."""
    texts = queue.Queue()

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self):
            data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for record in data["Records"]:
                texts.put((self.headers["ce-type"], record["eventID"], record["dynamodb"]["NewImage"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Says nothing of each request."""

    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", port), Sink).serve_forever, daemon=True).start()
    return texts


def report(table, texts):
    """Writes texts and gives a line for each that comes. Deliveries may come twice: what was seen is told apart by its event ID."""
    for number, state in TEXTS.items():
        table.put_item(Item={"id": number, "state": state})
    seen, lines = set(), []
    while len(lines) < sum(state == "published" for state in TEXTS.values()):
        kind, event, image = texts.get(timeout=30)
        if event not in seen:
            seen.add(event)
            lines.append(f"{kind}: text {image['id']['S']} is {image['state']['S']}")
    return "\n".join(sorted(lines)) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=9002, help="where events are taken, as mapping.yaml says")
    parser.add_argument("--check", metavar="FILE", help="compare the output with this file")
    options = parser.parse_args()
    table = boto3.resource(
        "dynamodb", endpoint_url=os.environ.get("PARTITA_ENDPOINT", "http://127.0.0.1:8000"), region_name="us-east-1",
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any")).Table("texts")
    texts = serve(options.port)
    table.wait_until_exists()
    out = report(table, texts)
    print(out, end="")
    if options.check:
        with open(options.check, encoding="utf-8") as file:
            if file.read() != out:
                sys.exit(f"the output differs from {options.check}")


if __name__ == "__main__":
    main()
