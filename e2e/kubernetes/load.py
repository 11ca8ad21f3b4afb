"""Writes and reads until told to stop, keeps account of what was acknowledged, then looks for all of it.

    load.py TABLE STOP_FILE [--threads N]

Uses boto3 as an application would: its own retries, nothing caught but what is left after them. Ends when STOP_FILE exists, prints one
JSON object, and fails if an acknowledged write is missing, a counter does not add up, or a read was wrong.

An operation whose answer never came may or may not have happened: it is counted as unknown, and either outcome is right.
"""

import argparse
import json
import os
import sys
import threading
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError


class Worker(threading.Thread):
    """One client: puts of new keys, increments of its own counter, strong reads of what it wrote last."""

    def __init__(self, number, table, stop):
        super().__init__()
        self.number, self.table, self.stop = number, table, stop
        # A client each, as separate processes of an application would have.
        self.client = boto3.session.Session().client("dynamodb")
        self.acknowledged, self.unknown, self.wrong = 0, 0, []
        self.counted, self.counted_unknown = 0, 0
        self.slowest_ms = 0.0
        self.written = []

    def run(self):
        turn = 0
        while not os.path.exists(self.stop):
            self.put(turn)
            self.count()
            turn += 1

    def timed(self, call, **parameters):
        begin = time.monotonic()
        try:
            return call(TableName=self.table, **parameters)
        except (BotoCoreError, ClientError) as error:
            print(f"worker {self.number}: {error}", file=sys.stderr)
            return None
        finally:
            self.slowest_ms = max(self.slowest_ms, (time.monotonic() - begin) * 1000)

    def put(self, turn):
        key = {"pk": {"S": f"worker-{self.number}"}, "sk": {"N": str(turn)}}
        value = {"S": f"{self.number}/{turn}"}
        if self.timed(self.client.put_item, Item={**key, "value": value}) is None:
            self.unknown += 1
            return
        self.acknowledged += 1
        self.written.append(turn)
        read = self.timed(self.client.get_item, Key=key, ConsistentRead=True)
        if read is not None and read.get("Item", {}).get("value") != value:
            self.wrong.append(f"read {read.get('Item')} after writing {value}")

    def count(self):
        done = self.timed(
            self.client.update_item,
            Key={"pk": {"S": f"counter-{self.number}"}, "sk": {"N": "0"}},
            UpdateExpression="ADD increments :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        if done is None:
            self.counted_unknown += 1
        else:
            self.counted += 1

    def verify(self):
        """What is there now must hold everything acknowledged, and nothing that was never sent."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"worker-{self.number}"}},
        )
        found = {int(item["sk"]["N"]): item["value"]["S"] for page in pages for item in page["Items"]}
        lost = [turn for turn in self.written if found.get(turn) != f"{self.number}/{turn}"]
        if lost:
            self.wrong.append(f"{len(lost)} acknowledged writes are missing, the first is {lost[0]}")
        if len(found) > self.acknowledged + self.unknown:
            self.wrong.append(f"{len(found)} items, but only {self.acknowledged + self.unknown} were sent")
        key = {"pk": {"S": f"counter-{self.number}"}, "sk": {"N": "0"}}
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
        total = int(item.get("increments", {"N": "0"})["N"])
        # A retry of an increment that had happened counts twice: that is the API's nature, not a fault.
        if total < self.counted:
            self.wrong.append(f"the counter is {total}, but {self.counted} increments were acknowledged")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("stop")
    parser.add_argument("--threads", type=int, default=4)
    arguments = parser.parse_args()
    workers = [Worker(number, arguments.table, arguments.stop) for number in range(arguments.threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for worker in workers:
        worker.verify()
    wrong = [f"worker {worker.number}: {text}" for worker in workers for text in worker.wrong]
    print(
        json.dumps(
            {
                "acknowledged": sum(worker.acknowledged for worker in workers),
                "counted": sum(worker.counted for worker in workers),
                "unknown": sum(worker.unknown + worker.counted_unknown for worker in workers),
                "slowest_ms": round(max(worker.slowest_ms for worker in workers)),
                "wrong": wrong,
            }
        )
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
