"""Items: every type, every write with its conditions and return values, batches, capacity."""

import decimal
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.types import Binary

from test_tables import refused

EVERY_TYPE = {
    "s": "text ü 𝄞", "empty": "", "n": Decimal("12345678901234567890.123456789012345678"), "b": Binary(b"\x00\xff"),
    "t": True, "f": False, "null": None, "l": [1, "two", [Decimal("3.5")], {}], "m": {"deep": {"er": [{}]}},
    "ss": {"a", "b"}, "ns": {Decimal(1), Decimal("-2.5")}, "bs": {Binary(b"x"), Binary(b"y")},
}


def test_every_type_round_trips(table):
    item = {"p": "types", "c": 1, **EVERY_TYPE}
    table.put_item(Item=item)
    assert table.get_item(Key={"p": "types", "c": 1}, ConsistentRead=True)["Item"] == item
    assert "Item" not in table.get_item(Key={"p": "types", "c": 2})


@pytest.mark.parametrize("written, read", [
    ("1.500", "1.5"), ("0010", "10"), ("1e3", "1000"), ("-0", "0"), ("+7", "7"),
    ("9.9999999999999999999999999999999999999E+125", "99999999999999999999999999999999999999" + "0" * 88),
    ("1E-130", "0." + "0" * 129 + "1"),
])
def test_numbers_come_back_in_normal_form(client, table, written, read):
    client.put_item(TableName=table.name, Item={"p": {"S": "n"}, "c": {"N": "1"}, "v": {"N": written}})
    item = client.get_item(TableName=table.name, Key={"p": {"S": "n"}, "c": {"N": "1"}})["Item"]
    assert item["v"]["N"] == read


@pytest.mark.parametrize("number, text", [
    ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
    ("1E126", "Number overflow"), ("1E-131", "Number underflow"),
    ("abc", "The parameter cannot be converted to a numeric value: abc"), (" 1", "cannot be converted to a numeric value"),
    ("NaN", "cannot be converted to a numeric value"),
])
def test_bad_numbers_are_refused(client, table, number, text):
    refused(client.put_item, "ValidationException", text, TableName=table.name,
            Item={"p": {"S": "n"}, "c": {"N": "1"}, "v": {"N": number}})


def test_put_return_values_and_condition(table):
    key = {"p": "put", "c": 1}
    assert "Attributes" not in table.put_item(Item={**key, "v": 1}, ReturnValues="ALL_OLD")
    assert table.put_item(Item={**key, "v": 2}, ReturnValues="ALL_OLD")["Attributes"]["v"] == 1
    response = refused(table.put_item, "ConditionalCheckFailedException", "The conditional request failed",
                       Item={**key, "v": 3}, ConditionExpression=Attr("p").not_exists(),
                       ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert response["Item"]["v"] == {"N": "2"}
    table.put_item(Item={**key, "v": 3}, ConditionExpression=Attr("v").eq(2))
    assert table.get_item(Key=key, ConsistentRead=True)["Item"]["v"] == 3


def test_update_clauses_and_paths(table):
    key = {"p": "update", "c": 1}
    table.put_item(Item={**key, "a": 1, "b": 2, "l": [1, 2, 3], "m": {"x": {"y": 1}}, "ss": {"a", "b"}, "gone": True})
    new = table.update_item(
        Key=key,
        UpdateExpression="SET a = b, b = a, l[1] = :v, l[9] = :v, m.x.z = if_not_exists(m.x.z, :v), #t = list_append(l, :l) "
                         "REMOVE gone, l[0] ADD n :v, ns :ns DELETE ss :a",
        ExpressionAttributeNames={"#t": "tail"},
        ExpressionAttributeValues={":v": 5, ":l": [4], ":ns": {1}, ":a": {"a"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert new == {**key, "a": 2, "b": 1, "l": [5, 3, 5], "m": {"x": {"y": 1, "z": 5}}, "ss": {"b"}, "tail": [1, 2, 3, 4],
                   "n": 5, "ns": {1}}


def test_update_return_values(table):
    key = {"p": "returns", "c": 1}
    table.put_item(Item={**key, "m": {"x": 1, "y": 2}, "k": 0})
    update = dict(Key=key, UpdateExpression="SET m.x = m.x + :one, fresh = :one", ExpressionAttributeValues={":one": 1})
    assert table.update_item(**update, ReturnValues="UPDATED_OLD")["Attributes"] == {"m": {"x": 1}}
    assert table.update_item(**update, ReturnValues="UPDATED_NEW")["Attributes"] == {"m": {"x": 3}, "fresh": 1}
    assert table.update_item(**update, ReturnValues="ALL_OLD")["Attributes"]["m"]["x"] == 3
    assert "Attributes" not in table.update_item(**update)


def test_update_creates_unless_it_only_removes(table):
    table.update_item(Key={"p": "made", "c": 1}, UpdateExpression="ADD v :one", ExpressionAttributeValues={":one": 1})
    assert table.get_item(Key={"p": "made", "c": 1})["Item"]["v"] == 1
    table.update_item(Key={"p": "made", "c": 2}, UpdateExpression="REMOVE v")
    assert "Item" not in table.get_item(Key={"p": "made", "c": 2})


@pytest.mark.parametrize("expression, text", [
    ("SET p = :v", "Cannot update attribute p. This attribute is part of the key"),
    ("SET nowhere.x = :v", "The document path provided in the update expression is invalid for update"),
    ("SET a = nowhere + :v", "The provided expression refers to an attribute that does not exist in the item"),
    ("SET a = s + :v", "An operand in the update expression has an incorrect data type"),
    ("SET a = :v, a = :v", "Two document paths overlap with each other"),
    ("SET a = :v SET b = :v", 'The "SET" section can only be used once in an update expression;'),
    ("SET a = :v,", "Syntax error"), ("SET size = :v", "reserved keyword"), ("", "The expression can not be empty"),
])
def test_update_refusals(table, expression, text):
    table.put_item(Item={"p": "refuse", "c": 1, "s": "text"})
    refused(table.update_item, "ValidationException", text, Key={"p": "refuse", "c": 1}, UpdateExpression=expression,
            ExpressionAttributeValues={":v": 1})


@pytest.mark.parametrize("condition, holds", [
    ("n = :n", True), ("n <> :n", False), ("n < :big AND s > :s", True), ("n BETWEEN :n AND :big", True),
    ("n IN (:big, :n)", True), ("attribute_exists(m.x)", True), ("attribute_not_exists(m.y)", True),
    ("attribute_type(l, :L)", True), ("begins_with(s, :s)", True), ("contains(l, :n)", True), ("contains(ss, :s)", False),
    ("size(l) = :n", False), ("size(s) = :four", True), ("NOT (n = :n OR n = :big)", False), ("nowhere = :n", False),
    ("nowhere <> :n", True), ("n = m.x", True), ("l[0] = :n", True),
])
def test_conditions(table, condition, holds):
    values = {":n": 5, ":big": 9, ":s": "te", ":L": "L", ":four": 4}
    used = {name: value for name, value in values.items() if name in condition.replace("(", " ").replace(")", " ").replace(",", " ").split()}
    table.put_item(Item={"p": "if", "c": 1, "n": 5, "s": "text", "l": [5], "m": {"x": 5}, "ss": {"text"}})
    arguments = dict(Key={"p": "if", "c": 1}, UpdateExpression="SET hit = n", ConditionExpression=condition)
    if used:
        arguments["ExpressionAttributeValues"] = used
    if holds:
        table.update_item(**arguments)
    else:
        refused(table.update_item, "ConditionalCheckFailedException", **arguments)


def test_delete(table):
    key = {"p": "delete", "c": 1}
    table.delete_item(Key=key)
    table.put_item(Item={**key, "v": 1})
    refused(table.delete_item, "ConditionalCheckFailedException", Key=key, ConditionExpression=Attr("v").eq(2))
    assert table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]["v"] == 1
    assert "Item" not in table.get_item(Key=key, ConsistentRead=True)


def test_legacy_parameters(client, table):
    key = {"p": {"S": "legacy"}, "c": {"N": "1"}}
    client.update_item(TableName=table.name, Key=key, AttributeUpdates={
        "a": {"Value": {"N": "1"}, "Action": "PUT"}, "n": {"Value": {"N": "2"}, "Action": "ADD"}})
    client.update_item(TableName=table.name, Key=key, AttributeUpdates={"n": {"Value": {"N": "3"}, "Action": "ADD"}},
                       Expected={"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}})
    refused(client.put_item, "ConditionalCheckFailedException", TableName=table.name, Item=key,
            Expected={"a": {"Exists": False}})
    item = client.get_item(TableName=table.name, Key=key, AttributesToGet=["n"])["Item"]
    assert item == {"n": {"N": "5"}}
    found = client.query(TableName=table.name, KeyConditions={
        "p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "legacy"}]},
        "c": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "0"}]}},
        QueryFilter={"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "4"}]}})
    assert found["Count"] == 1
    refused(client.get_item, "ValidationException", "Can not use both expression and non-expression parameters",
            TableName=table.name, Key=key, AttributesToGet=["n"], ProjectionExpression="n")


def test_consumed_capacity(client, make_table):
    name = make_table("p:S", "c:N", indexes={"by-v": ("v:N", {"ProjectionType": "KEYS_ONLY"})})
    item = {"p": {"S": "a"}, "c": {"N": "1"}, "v": {"N": "1"}, "pad": {"S": "x" * 5000}}
    put = client.put_item(TableName=name, Item=item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert put["Table"]["CapacityUnits"] == 5.0
    assert put["LocalSecondaryIndexes"]["by-v"]["CapacityUnits"] == 1.0
    assert put["CapacityUnits"] == 6.0
    key = {"p": {"S": "a"}, "c": {"N": "1"}}
    get = client.get_item(TableName=name, Key=key, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert get == {"TableName": name, "CapacityUnits": 1.0}
    strong = client.get_item(TableName=name, Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    assert strong["ConsumedCapacity"]["CapacityUnits"] == 2.0
    assert "ConsumedCapacity" not in client.get_item(TableName=name, Key=key)


def test_item_size_limit_to_the_byte(client, make_table):
    name = make_table("p:S")
    room = 409600 - len("p") - len("a") - len("v")
    client.put_item(TableName=name, Item={"p": {"S": "a"}, "v": {"S": "x" * room}})
    refused(client.put_item, "ValidationException", "Item size has exceeded the maximum allowed size", TableName=name,
            Item={"p": {"S": "a"}, "v": {"S": "x" * (room + 1)}})


def test_batches(client, resource, table):
    with table.batch_writer() as batch:
        for c in range(60):
            batch.put_item(Item={"p": "batch", "c": c})
        batch.delete_item(Key={"p": "batch", "c": 3})
    answer = resource.batch_get_item(RequestItems={
        table.name: {"Keys": [{"p": "batch", "c": c} for c in range(70)], "ConsistentRead": True}})
    assert sorted(int(item["c"]) for item in answer["Responses"][table.name]) == [c for c in range(60) if c != 3]
    assert answer["UnprocessedKeys"] == {}
    put = {"PutRequest": {"Item": {"p": {"S": "twice"}, "c": {"N": "1"}}}}
    refused(client.batch_write_item, "ValidationException", "Provided list of item keys contains duplicates",
            RequestItems={table.name: [put, put]})
    refused(client.batch_write_item, "ResourceNotFoundException", "Requested resource not found",
            RequestItems={table.name: [put], "absent-table": [put]})
    assert "Item" not in table.get_item(Key={"p": "twice", "c": 1}, ConsistentRead=True)


def test_batch_get_leaves_what_exceeds_16_mb_unprocessed(client, make_table):
    name = make_table("p:S")
    for number in range(45):
        client.put_item(TableName=name, Item={"p": {"S": str(number)}, "v": {"S": "x" * 400_000}})
    wanted, got, calls = {name: {"Keys": [{"p": {"S": str(n)}} for n in range(45)]}}, 0, 0
    while wanted:
        answer = client.batch_get_item(RequestItems=wanted)
        got += len(answer["Responses"].get(name, []))
        wanted, calls = answer["UnprocessedKeys"], calls + 1
    assert got == 45 and calls == 2


def test_item_collection_metrics(client, make_table):
    name = make_table("p:S", "c:N", indexes={"by-v": ("v:N", {"ProjectionType": "ALL"})})
    answer = client.put_item(TableName=name, Item={"p": {"S": "a"}, "c": {"N": "1"}}, ReturnItemCollectionMetrics="SIZE")
    assert answer["ItemCollectionMetrics"]["ItemCollectionKey"] == {"p": {"S": "a"}}
    assert answer["ItemCollectionMetrics"]["SizeEstimateRangeGB"] == [0.0, 1.0]


def test_keys_that_do_not_fit(client, table):
    refused(client.get_item, "ValidationException", "The provided key element does not match the schema",
            TableName=table.name, Key={"p": {"S": "a"}})
    refused(client.put_item, "ValidationException", "Missing the key c in the item", TableName=table.name,
            Item={"p": {"S": "a"}})
    refused(client.put_item, "ValidationException", "Type mismatch for key c expected: N actual: S", TableName=table.name,
            Item={"p": {"S": "a"}, "c": {"S": "1"}})
    refused(client.put_item, "ValidationException", "cannot contain an empty string value. Key: p", TableName=table.name,
            Item={"p": {"S": ""}, "c": {"N": "1"}})
    refused(client.put_item, "ResourceNotFoundException", "Requested resource not found", TableName="absent-table",
            Item={"p": {"S": "a"}})


def test_precision_is_exact(table):
    table.put_item(Item={"p": "sum", "c": 1, "v": Decimal("0.1")})
    with decimal.localcontext(prec=38):
        for _ in range(10):
            table.update_item(Key={"p": "sum", "c": 1}, UpdateExpression="ADD v :v", ExpressionAttributeValues={":v": Decimal("0.1")})
    assert table.get_item(Key={"p": "sum", "c": 1})["Item"]["v"] == Decimal("1.1")
