"""What Terraform's provider asks of a table, in its order: create, read everything, change one thing at a time, delete."""

import os
import time

import pytest
from botocore.exceptions import ClientError


def wait(client, name, ready):
    deadline = time.monotonic() + 20
    while True:
        table = client.describe_table(TableName=name)["Table"]
        if ready(table):
            return table
        assert time.monotonic() < deadline, table
        time.sleep(0.05)


def active(table):
    indexes = table.get("GlobalSecondaryIndexes", [])
    return table["TableStatus"] == "ACTIVE" and all(index["IndexStatus"] == "ACTIVE" for index in indexes)


def read(client, name):
    """The calls that every refresh makes; each has to be answered, or a plain table cannot be planned."""
    table = client.describe_table(TableName=name)["Table"]
    arn = table["TableArn"]
    return {
        "table": table,
        "backups": client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"],
        "expiry": client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
        "tags": {tag["Key"]: tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=arn)["Tags"]},
        "insights": client.describe_contributor_insights(TableName=name)["ContributorInsightsStatus"],
        "destinations": client.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"],
    }


def expiry_is(client, name, status):
    deadline = time.monotonic() + 20
    while client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def index(name, key, projection="ALL", **more):
    return {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": {"ProjectionType": projection}, **more}


def test_a_table_lives_as_terraform_lets_it(client):
    name = f"terraform-{os.getpid()}"
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in ("id", "title")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 2},
        GlobalSecondaryIndexes=[index("by-title", "title", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        Tags=[{"Key": "team", "Value": "blue"}],
        DeletionProtectionEnabled=False,
    )
    wait(client, name, active)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    expiry_is(client, name, "ENABLED")

    state = read(client, name)
    assert state["backups"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert state["expiry"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert state["tags"] == {"team": "blue"}
    assert (state["insights"], state["destinations"]) == ("DISABLED", [])
    assert state["table"]["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert state["table"]["LatestStreamArn"].endswith(state["table"]["LatestStreamLabel"])
    with pytest.raises(ClientError) as none:
        client.get_resource_policy(ResourceArn=state["table"]["TableArn"])
    assert none.value.response["Error"]["Code"] == "PolicyNotFoundException"

    for n in range(50):
        client.put_item(TableName=name, Item={"id": {"S": str(n)}, "title": {"S": f"t{n % 5}"}, "rank": {"N": str(n)}})

    # A new index on a table with items, then another throughput of it, then its end: one at a time.
    client.update_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": t} for a, t in (("id", "S"), ("title", "S"), ("rank", "N"))],
        GlobalSecondaryIndexUpdates=[{"Create": index("by-rank", "rank", "KEYS_ONLY", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})}],
    )
    table = wait(client, name, active)
    assert {i["IndexName"] for i in table["GlobalSecondaryIndexes"]} == {"by-title", "by-rank"}
    found = client.query(TableName=name, IndexName="by-rank", KeyConditionExpression="#r = :r", ExpressionAttributeNames={"#r": "rank"}, ExpressionAttributeValues={":r": {"N": "7"}})
    assert found["Items"] == [{"id": {"S": "7"}, "rank": {"N": "7"}}]
    update = {"IndexName": "by-rank", "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 1}}
    client.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Update": update}])
    table = wait(client, name, active)
    units = {i["IndexName"]: i["ProvisionedThroughput"]["ReadCapacityUnits"] for i in table["GlobalSecondaryIndexes"]}
    assert units == {"by-title": 1, "by-rank": 3}
    client.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-rank"}}])
    table = wait(client, name, lambda table: active(table) and len(table["GlobalSecondaryIndexes"]) == 1)

    client.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    wait(client, name, active)
    client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    table = wait(client, name, active)
    assert "StreamSpecification" not in table and table["LatestStreamArn"] == state["table"]["LatestStreamArn"]

    arn = table["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "red"}, {"Key": "stage", "Value": "test"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["stage"])
    assert read(client, name)["tags"] == {"team": "red"}

    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    for ask in (client.describe_table, client.describe_time_to_live, client.describe_continuous_backups):
        with pytest.raises(ClientError) as gone:
            ask(TableName=name)
        assert gone.value.response["Error"]["Code"] in ("ResourceNotFoundException", "TableNotFoundException")
