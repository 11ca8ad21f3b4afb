"""Time to live: items that go by themselves."""

import time

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import arguments


def eventually(what, seconds=60):
    """Waits until `what` gives something, and returns it."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)
    return found


def description(client, table):
    return client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]


def update(client, table, enabled, attribute="expires"):
    specification = {"Enabled": enabled, "AttributeName": attribute}
    answer = client.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    assert answer["TimeToLiveSpecification"] == specification


def enabled(client, table):
    update(client, table, True)
    eventually(lambda: description(client, table)["TimeToLiveStatus"] == "ENABLED")


def put(client, table, key, **attributes):
    client.put_item(TableName=table, Item={"p": {"S": key}, **attributes})


def keys(client, table):
    return sorted(item["p"]["S"] for item in client.scan(TableName=table)["Items"])


def test_it_is_off_at_first_and_described_when_on(client, make_table):
    table = make_table("p:S")
    assert description(client, table) == {"TimeToLiveStatus": "DISABLED"}
    enabled(client, table)
    assert description(client, table) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    with pytest.raises(ClientError, match="TimeToLive is already enabled"):
        update(client, table, True)
    with pytest.raises(ClientError, match="current AttributeName is expires"):
        update(client, table, True, "another")


def test_what_is_due_goes_within_a_minute_and_nothing_else(client, make_table):
    table = make_table("p:S", "s:N", indexes={"by-kind": ("kind:S", {"ProjectionType": "ALL"})})
    now = int(time.time())
    times = {
        "before": {"N": str(now - 10)},
        "fraction": {"N": f"{now - 10}.5"},
        "soon": {"N": str(now + 1)},
        "later": {"N": str(now + 3600)},
        "text": {"S": str(now - 10)},
        "ancient": {"N": "0"},
        "milliseconds": {"N": str(now * 1000)},
    }
    for key, expires in times.items():
        put(client, table, key, s={"N": "1"}, kind={"S": "k"}, expires=expires)
    put(client, table, "never", s={"N": "1"}, kind={"S": "k"})
    # These were there before; this one comes later.
    enabled(client, table)
    put(client, table, "last", s={"N": "1"}, kind={"S": "k"}, expires={"N": str(now)})
    left = ["ancient", "later", "milliseconds", "never", "text"]
    eventually(lambda: keys(client, table) == left)
    entries = [
        client.query(TableName=table, IndexName="by-kind", KeyConditionExpression="p = :p",
                     ExpressionAttributeValues={":p": {"S": key}})["Count"]
        for key in ("before", "last", "later")
    ]
    assert entries == [0, 0, 1]
    assert client.describe_table(TableName=table)["Table"]["ItemCount"] == len(left)


def test_an_item_that_has_expired_can_be_read_and_kept_until_it_goes(client, make_table):
    table = make_table("p:S")
    enabled(client, table)
    now = int(time.time())
    for key in ("kept", "gone"):
        put(client, table, key, expires={"N": str(now + 3600)})
    # Kept by a write that takes its time away; the other's has come.
    client.update_item(TableName=table, Key={"p": {"S": "kept"}}, UpdateExpression="REMOVE expires")
    client.update_item(TableName=table, Key={"p": {"S": "gone"}}, UpdateExpression="SET expires = :now",
                       ExpressionAttributeValues={":now": {"N": str(now)}})
    eventually(lambda: keys(client, table) == ["kept"])


def test_a_stream_says_that_nobody_deleted_the_item(client, make_table):
    table = make_table("p:S", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    enabled(client, table)
    put(client, table, "by-itself", expires={"N": str(int(time.time()))})
    put(client, table, "by-caller")
    client.delete_item(TableName=table, Key={"p": {"S": "by-caller"}})
    streams = boto3.client("dynamodbstreams", **arguments())
    stream = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")

    def removals():
        records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        removed = [record for record in records if record["eventName"] == "REMOVE"]
        return len(removed) == 2 and {r["dynamodb"]["Keys"]["p"]["S"]: r.get("userIdentity") for r in removed}

    service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert eventually(removals) == {"by-caller": None, "by-itself": service}
