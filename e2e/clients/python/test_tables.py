"""Tables: life cycle, descriptions, tags, limits."""

import pytest
from botocore.exceptions import ClientError


def refused(call, code, *texts, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for text in texts:
        assert text in error["Message"]
    return caught.value.response


def test_create_describe_list_delete(client):
    created = client.create_table(
        TableName="life-cycle",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        Tags=[{"Key": "team", "Value": "red"}],
    )["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    client.get_waiter("table_exists").wait(TableName="life-cycle", WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    described = client.describe_table(TableName="life-cycle")["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert described["TableId"] == created["TableId"]
    assert described["TableArn"].endswith(":table/life-cycle")
    assert described["ItemCount"] == 0 and described["TableSizeBytes"] == 0
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert described["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert described["DeletionProtectionEnabled"] is False
    assert "BillingModeSummary" not in described
    assert client.describe_table(TableName=described["TableArn"])["Table"]["TableName"] == "life-cycle"
    assert "life-cycle" in client.list_tables()["TableNames"]
    refused(client.create_table, "ResourceInUseException", "Table already exists: life-cycle", TableName="life-cycle",
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    deleted = client.delete_table(TableName="life-cycle")["TableDescription"]
    assert deleted["TableStatus"] == "DELETING" and "KeySchema" not in deleted
    client.get_waiter("table_not_exists").wait(TableName="life-cycle", WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    refused(client.describe_table, "ResourceNotFoundException", "Requested resource not found: Table: life-cycle not found",
            TableName="life-cycle")


def test_a_dropped_table_leaves_nothing_to_its_successor(client, make_table):
    name = make_table("p:S")
    client.put_item(TableName=name, Item={"p": {"S": "old"}})
    first = client.describe_table(TableName=name)["Table"]["TableId"]
    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    client.create_table(TableName=name, KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    assert client.scan(TableName=name)["Count"] == 0
    assert client.describe_table(TableName=name)["Table"]["TableId"] != first


def test_update_table(client, make_table):
    name = make_table("p:S")
    assert client.describe_table(TableName=name)["Table"]["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    updated = client.update_table(TableName=name, BillingMode="PROVISIONED",
                                  ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 8})
    assert updated["TableDescription"]["TableName"] == name
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    described = client.describe_table(TableName=name)["Table"]
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    client.update_table(TableName=name, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert client.describe_table(TableName=name)["Table"]["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    refused(client.update_table, "ValidationException", "will not change", TableName=name,
            ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 8})


def test_deletion_protection(client, make_table):
    name = make_table("p:S", DeletionProtectionEnabled=True)
    refused(client.delete_table, "ValidationException", "protected against deletion", TableName=name)
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    client.delete_table(TableName=name)


def test_list_tables_pages(client, make_table):
    names = sorted(make_table("p:S") for _ in range(5))
    seen, pages = [], client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    for page in pages:
        assert len(page["TableNames"]) <= 2
        seen += page["TableNames"]
    assert seen == sorted(seen)
    assert set(names) <= set(seen)


def test_tags(client, make_table):
    name = make_table("p:S")
    arn = client.describe_table(TableName=name)["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["b"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    refused(client.list_tags_of_resource, "ResourceNotFoundException", "ResourcArn", ResourceArn=arn + "-absent")


def test_limits_and_endpoints(client):
    limits = client.describe_limits()
    assert limits["AccountMaxReadCapacityUnits"] == 80000 and limits["TableMaxWriteCapacityUnits"] == 40000
    assert client.describe_endpoints()["Endpoints"][0]["CachePeriodInMinutes"] == 1440


def test_create_table_refusals(raw):
    key = [{"AttributeName": "p", "KeyType": "HASH"}]
    definitions = [{"AttributeName": "p", "AttributeType": "S"}]
    refused(raw.create_table, "ValidationException", "Some index key attributes are not defined", TableName="refused",
            KeySchema=key, AttributeDefinitions=[{"AttributeName": "q", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    refused(raw.create_table, "ValidationException", "Number of attributes in KeySchema does not exactly match",
            TableName="refused", KeySchema=key, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=definitions + [{"AttributeName": "q", "AttributeType": "S"}])
    refused(raw.create_table, "ValidationException", "ReadCapacityUnits and WriteCapacityUnits must both be specified",
            TableName="refused", KeySchema=key, AttributeDefinitions=definitions)
    refused(raw.create_table, "ValidationException", "Member must satisfy", TableName="bad name!", KeySchema=key,
            AttributeDefinitions=definitions, BillingMode="PAY_PER_REQUEST")


def test_what_is_not_there_yet_says_so(client, make_table):
    name = make_table("p:S")
    refused(client.create_backup, "UnknownOperationException", TableName=name, BackupName="backup")
    refused(client.update_table, "ValidationException", "not supported", TableName=name,
            SSESpecification={"Enabled": True})
