"""Loads the 3,376 airports of the public data set vega-datasets into Partita and asks questions about them, with plain boto3.

    pip install boto3 && pip install --no-deps vega-datasets
    cargo run --release -- local --apply examples/airports/table.yaml     # in another terminal
    python examples/airports/airports.py
"""

import argparse
import csv
import importlib.metadata
import io
import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError


def rows():
    """The data set's rows, read from the package's files: importing the package itself would need pandas."""
    package = importlib.metadata.files("vega-datasets")
    path = next(file.locate() for file in package if file.name == "airports.csv")
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {**row, "latitude": Decimal(row["latitude"]), "longitude": Decimal(row["longitude"])}


def load(table):
    """BatchWriteItem, 25 at a time; boto3's batch writer resends what comes back unprocessed."""
    count = 0
    with table.batch_writer() as batch:
        for row in rows():
            batch.put_item(Item=row)
            count += 1
    return count


def first_by_code(table, state, count):
    return table.query(KeyConditionExpression=Key("state").eq(state), Limit=count)["Items"]


def northernmost(table, state, count):
    return table.query(IndexName="by-latitude", KeyConditionExpression=Key("state").eq(state), ScanIndexForward=False,
                       Limit=count)["Items"]


def named(table, state, word):
    answer = table.query(KeyConditionExpression=Key("state").eq(state), FilterExpression=Attr("name").contains(word),
                         ReturnConsumedCapacity="TOTAL")
    return answer["Items"], answer["ScannedCount"], answer["ConsumedCapacity"]["CapacityUnits"]


def land_once(table, key, flight):
    """A conditional update: the same flight lands at most once."""
    try:
        answer = table.update_item(
            Key=key, UpdateExpression="ADD landings :one, flights :set", ConditionExpression="NOT contains(flights, :flight)",
            ExpressionAttributeValues={":one": 1, ":set": {flight}, ":flight": flight}, ReturnValues="UPDATED_NEW")
        return f"landings: {answer['Attributes']['landings']}"
    except ClientError as error:
        return error.response["Error"]["Code"]


def busiest_states(table, segments=4):
    """A parallel scan, one thread for each segment."""
    def count(segment):
        found, start = Counter(), {}
        while True:
            page = table.scan(Segment=segment, TotalSegments=segments, ProjectionExpression="#s",
                              ExpressionAttributeNames={"#s": "state"}, **start)
            found.update(item["state"] for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    with ThreadPoolExecutor(segments) as pool:
        return sum(pool.map(count, range(segments)), Counter())


def report(table, out):
    print(f"loaded {load(table)} airports", file=out)
    print("\nHawaii by code:", file=out)
    for airport in first_by_code(table, "HI", 3):
        print(f"  {airport['iata']}  {airport['name']}, {airport['city']}", file=out)
    print("\nnorthernmost of Alaska (local index):", file=out)
    for airport in northernmost(table, "AK", 3):
        print(f"  {airport['latitude']:.4f}  {airport['name']}, {airport['city']}", file=out)
    found, scanned, units = named(table, "TX", "International")
    print(f"\nTexas, name contains International: {len(found)} of {scanned} for {units} read units", file=out)
    print("  " + " ".join(airport["iata"] for airport in found), file=out)
    key = {"state": "HI", "iata": "HNL"}
    print(f"\nflight PA-1 lands at HNL   -> {land_once(table, key, 'PA-1')}", file=out)
    print(f"the same flight again      -> {land_once(table, key, 'PA-1')}", file=out)
    counts = busiest_states(table)
    print(f"\nstates with most airports of {sum(counts.values())} (parallel scan):", file=out)
    for state, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]:
        print(f"  {state}  {count}", file=out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="FILE", help="compare the output with this file")
    options = parser.parse_args()
    table = boto3.resource(
        "dynamodb", endpoint_url=os.environ.get("PARTITA_ENDPOINT", "http://127.0.0.1:8000"), region_name="us-east-1",
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any")).Table("airports")
    table.wait_until_exists()
    out = io.StringIO()
    report(table, out)
    print(out.getvalue(), end="")
    if options.check:
        with open(options.check, encoding="utf-8") as file:
            if file.read() != out.getvalue():
                sys.exit(f"the output differs from {options.check}")


if __name__ == "__main__":
    main()
