"""Streams: views, iterators, shards with lineage, as boto3 sees them."""

import os
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import arguments

# Set when the server's shards end after so many changes.
SHARD_RECORDS = int(os.environ.get("PARTITA_STREAM_SHARD_RECORDS", "0"))


@pytest.fixture(scope="module")
def streams():
    return boto3.client("dynamodbstreams", **arguments())


@pytest.fixture
def stream(make_table, client):
    """Makes a table with a stream; gives the names of both."""

    def make(view="NEW_AND_OLD_IMAGES"):
        table = make_table("p:S", StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
        return table, client.describe_table(TableName=table)["Table"]["LatestStreamArn"]

    return make


def shards(streams, arn):
    listed, more = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, Limit=2, **more)["StreamDescription"]
        listed += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return listed
        more = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}


def read(streams, arn, shard, kind="TRIM_HORIZON", **more):
    """The records of a shard, and whether it was read to its end."""
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more)["ShardIterator"]
    records = []
    while iterator:
        page = streams.get_records(ShardIterator=iterator)
        records += page["Records"]
        iterator = page.get("NextShardIterator")
        if not page["Records"]:
            break
    return records, iterator is None


def follow(streams, arn, count):
    """Reads a stream as a worker does: parents first, each shard to its end. Gives `count` records, in order."""
    records, ended, iterators = [], set(), {}
    end = time.monotonic() + 60
    while len(records) < count and time.monotonic() < end:
        for shard in shards(streams, arn):
            name = shard["ShardId"]
            if name in ended or shard.get("ParentShardId", name) not in ended | {name}:
                continue
            if name not in iterators:
                iterators[name] = streams.get_shard_iterator(
                    StreamArn=arn, ShardId=name, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            page = streams.get_records(ShardIterator=iterators[name], Limit=7)
            records += page["Records"]
            iterators[name] = page.get("NextShardIterator")
            if iterators[name] is None:
                ended.add(name)
    return records


def test_records_of_a_life(client, streams, stream):
    table, arn = stream()
    client.put_item(TableName=table, Item={"p": {"S": "a"}, "v": {"N": "1"}})
    client.update_item(TableName=table, Key={"p": {"S": "a"}}, UpdateExpression="SET v = v + :one",
                       ExpressionAttributeValues={":one": {"N": "1"}})
    client.update_item(TableName=table, Key={"p": {"S": "a"}}, UpdateExpression="SET v = :two",
                       ExpressionAttributeValues={":two": {"N": "2"}})
    client.delete_item(TableName=table, Key={"p": {"S": "a"}})
    client.delete_item(TableName=table, Key={"p": {"S": "a"}})
    records, _ = read(streams, arn, shards(streams, arn)[0]["ShardId"])
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    one, two = ({"p": {"S": "a"}, "v": {"N": value}} for value in "12")
    changes = [record["dynamodb"] for record in records]
    assert [change.get("OldImage") for change in changes] == [None, one, two]
    assert [change.get("NewImage") for change in changes] == [one, two, None]
    assert [change["SizeBytes"] for change in changes] == [2 + 5, 2 + 5 + 5, 2 + 5]
    assert len({record["eventID"] for record in records}) == 3
    numbers = [int(change["SequenceNumber"]) for change in changes]
    assert numbers == sorted(numbers) and len(changes[0]["SequenceNumber"]) >= 21
    for record in records:
        assert record["eventVersion"] == "1.1" and record["eventSource"] == "aws:dynamodb"
        assert record["dynamodb"]["Keys"] == {"p": {"S": "a"}} and "userIdentity" not in record
        assert record["dynamodb"]["ApproximateCreationDateTime"].microsecond == 0


@pytest.mark.parametrize("view, new, old", [
    ("KEYS_ONLY", False, False), ("NEW_IMAGE", True, False), ("OLD_IMAGE", False, True), ("NEW_AND_OLD_IMAGES", True, True)])
def test_views(client, streams, stream, view, new, old):
    table, arn = stream(view)
    for value in "12":
        client.put_item(TableName=table, Item={"p": {"S": "a"}, "v": {"N": value}})
    change = read(streams, arn, shards(streams, arn)[0]["ShardId"])[0][1]["dynamodb"]
    assert ("NewImage" in change, "OldImage" in change, change["StreamViewType"]) == (new, old, view)


def test_list_and_describe(client, streams, stream):
    table, arn = stream()
    listed = streams.list_streams(TableName=table)["Streams"]
    assert [(entry["StreamArn"], entry["TableName"]) for entry in listed] == [(arn, table)]
    described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert described["StreamStatus"] == "ENABLED" and described["KeySchema"] == [{"AttributeName": "p", "KeyType": "HASH"}]
    assert arn.endswith("/stream/" + described["StreamLabel"])
    shard, = described["Shards"]
    assert 28 <= len(shard["ShardId"]) <= 65 and "ParentShardId" not in shard
    assert list(shard["SequenceNumberRange"]) == ["StartingSequenceNumber"]


def test_another_view_is_another_stream(client, streams, stream):
    table, arn = stream()
    client.put_item(TableName=table, Item={"p": {"S": "a"}})
    client.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    client.put_item(TableName=table, Item={"p": {"S": "b"}})
    described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
    records, ended = read(streams, arn, described["Shards"][0]["ShardId"])
    assert [record["dynamodb"]["Keys"]["p"]["S"] for record in records] == ["a"] and ended
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    newer = client.update_table(TableName=table, StreamSpecification=specification)["TableDescription"]["LatestStreamArn"]
    assert newer != arn
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    client.put_item(TableName=table, Item={"p": {"S": "c"}})
    records, _ = read(streams, newer, shards(streams, newer)[0]["ShardId"])
    assert [record["dynamodb"]["Keys"]["p"]["S"] for record in records] == ["c"]
    assert [entry["StreamArn"] for entry in streams.list_streams(TableName=table)["Streams"]] == [arn, newer]


def test_iterators(client, streams, stream):
    table, arn = stream()
    shard = shards(streams, arn)[0]["ShardId"]
    for key in "abc":
        client.put_item(TableName=table, Item={"p": {"S": key}})
    keys = lambda *place, **more: [r["dynamodb"]["Keys"]["p"]["S"] for r in read(streams, arn, shard, *place, **more)[0]]
    second = read(streams, arn, shard)[0][1]["dynamodb"]["SequenceNumber"]
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=second) == ["b", "c"]
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber=second) == ["c"]
    latest = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    client.put_item(TableName=table, Item={"p": {"S": "d"}})
    records = streams.get_records(ShardIterator=latest)["Records"]
    assert [record["dynamodb"]["Keys"]["p"]["S"] for record in records] == ["d"]


def test_refusals(streams, stream):
    _, arn = stream()
    shard = shards(streams, arn)[0]["ShardId"]

    def refused(code, call, **parameters):
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        assert caught.value.response["Error"]["Code"] == code

    refused("ResourceNotFoundException", streams.describe_stream, StreamArn=arn[:-1] + "x")
    refused("ValidationException", streams.get_records, ShardIterator="nonsense")
    refused("ValidationException", streams.get_shard_iterator, StreamArn=arn, ShardId=shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber="1" + 20 * "9")


def test_a_worker_reads_each_change_once(client, streams, stream):
    table, arn = stream()
    written = [(f"item-{number % 5}", str(number)) for number in range(60)]
    for key, value in written:
        client.put_item(TableName=table, Item={"p": {"S": key}, "v": {"N": value}})
        if SHARD_RECORDS:
            time.sleep(0.02)
    records = follow(streams, arn, len(written))
    assert [(r["dynamodb"]["Keys"]["p"]["S"], r["dynamodb"]["NewImage"]["v"]["N"]) for r in records] == written
    if SHARD_RECORDS:
        lineage = shards(streams, arn)
        assert len(lineage) > 3
        for parent, child in zip(lineage, lineage[1:]):
            assert child["ParentShardId"] == parent["ShardId"]
            end = int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
            assert int(child["SequenceNumberRange"]["StartingSequenceNumber"]) > end
