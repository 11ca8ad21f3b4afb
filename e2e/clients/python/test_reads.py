"""Query and Scan: order, ranges, pages, filters, projections, local indexes, parallel segments."""

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key

from test_tables import refused


def everything(call, **parameters):
    """All items of all pages, and how many pages there were."""
    items, pages, start = [], 0, {}
    while True:
        page = call(**parameters, **start)
        items += page.get("Items", [])
        pages += 1
        if "LastEvaluatedKey" not in page:
            return items, pages
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


@pytest.fixture
def numbers(table):
    values = [Decimal(v) for v in ("-1E30", "-12.5", "-1", "-0.001", "0", "1E-100", "0.5", "2", "10", "1E20")]
    with table.batch_writer() as batch:
        for value in reversed(values):
            batch.put_item(Item={"p": "numbers", "c": value, "even": int(value) % 2 == 0 if abs(value) < 100 else False})
    return values


def test_numbers_sort_by_value_both_ways(table, numbers):
    forward, _ = everything(table.query, KeyConditionExpression=Key("p").eq("numbers"))
    assert [item["c"] for item in forward] == numbers
    backward, _ = everything(table.query, KeyConditionExpression=Key("p").eq("numbers"), ScanIndexForward=False)
    assert [item["c"] for item in backward] == numbers[::-1]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 10, 11])
def test_pages_join_to_the_whole(table, numbers, limit, forward):
    items, pages = everything(table.query, KeyConditionExpression=Key("p").eq("numbers"), Limit=limit, ScanIndexForward=forward)
    assert [item["c"] for item in items] == (numbers if forward else numbers[::-1])
    # A page of exactly the limit carries a key even at the very end, so the last page may be empty.
    assert pages == len(numbers) // limit + 1


@pytest.mark.parametrize("condition, expected", [
    (Key("c").gt(0), slice(5, None)), (Key("c").gte(0), slice(4, None)), (Key("c").lt(-1), slice(0, 2)),
    (Key("c").lte(-1), slice(0, 3)), (Key("c").between(Decimal("-0.5"), Decimal("0.5")), slice(3, 7)), (Key("c").eq(2), slice(7, 8)),
])
def test_ranges(table, numbers, condition, expected):
    items, _ = everything(table.query, KeyConditionExpression=Key("p").eq("numbers") & condition)
    assert [item["c"] for item in items] == numbers[expected]


def test_filter_counts_before_and_after(table, numbers):
    page = table.query(KeyConditionExpression=Key("p").eq("numbers"), FilterExpression=Attr("even").eq(True))
    assert page["ScannedCount"] == len(numbers) and page["Count"] == len(page["Items"]) < len(numbers)
    counted = table.query(KeyConditionExpression=Key("p").eq("numbers"), Select="COUNT")
    assert counted["Count"] == len(numbers) and "Items" not in counted


def test_string_keys_sort_by_bytes_and_begin(make_table, resource):
    table = resource.Table(make_table("p:B", "c:S"))
    words = ["", "A", "a", "a\x00", "aa", "ab", "é", "\uffff", "𝄞"]
    for word in words[1:]:
        table.put_item(Item={"p": b"\x00", "c": word})
    items, _ = everything(table.query, KeyConditionExpression=Key("p").eq(b"\x00"))
    assert [item["c"] for item in items] == words[1:]
    begun, _ = everything(table.query, KeyConditionExpression=Key("p").eq(b"\x00") & Key("c").begins_with("a"))
    assert [item["c"] for item in begun] == ["a", "a\x00", "aa", "ab"]


def test_one_megabyte_pages(client, make_table):
    name = make_table("p:S", "c:N")
    for number in range(12):
        client.put_item(TableName=name, Item={"p": {"S": "a"}, "c": {"N": str(number)}, "v": {"S": "x" * 200_000}})
    query = dict(TableName=name, KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}})
    first = client.query(**query)
    assert first["Count"] < 12 and "LastEvaluatedKey" in first
    items, pages = everything(client.query, **query)
    assert [int(item["c"]["N"]) for item in items] == list(range(12)) and pages == 3


def test_parallel_scan_is_an_exact_partition(table):
    with table.batch_writer() as batch:
        for number in range(200):
            batch.put_item(Item={"p": f"key-{number}", "c": number})
    whole, _ = everything(table.scan, ConsistentRead=True)
    parts = [everything(table.scan, Segment=segment, TotalSegments=7, Limit=5)[0] for segment in range(7)]
    assert sorted(int(item["c"]) for part in parts for item in part) == list(range(200))
    assert [item for part in parts for item in part] == whole
    assert sum(1 for part in parts if part) > 1


def test_local_index(client, resource, make_table):
    name = make_table("p:S", "c:N", indexes={
        "all": ("v:S", {"ProjectionType": "ALL"}), "keys": ("v:S", {"ProjectionType": "KEYS_ONLY"}),
        "some": ("w:N", {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]})})
    table = resource.Table(name)
    for c in range(6):
        table.put_item(Item={"p": "a", "c": c, "v": "fedcba"[c], "x": c, "y": c, **({"w": 10 - c} if c % 2 else {})})
    ordered, _ = everything(table.query, IndexName="all", KeyConditionExpression=Key("p").eq("a"))
    assert [item["v"] for item in ordered] == list("abcdef") and "y" in ordered[0]
    keys = table.query(IndexName="keys", KeyConditionExpression=Key("p").eq("a") & Key("v").lt("c"))["Items"]
    assert keys == [{"p": "a", "c": 5, "v": "a"}, {"p": "a", "c": 4, "v": "b"}]
    sparse = table.query(IndexName="some", KeyConditionExpression=Key("p").eq("a"), Limit=2)
    assert [item["w"] for item in sparse["Items"]] == [5, 7]
    assert set(sparse["Items"][0]) == {"p", "c", "w", "x"} and set(sparse["LastEvaluatedKey"]) == {"p", "c", "w"}
    fetched = table.query(IndexName="keys", KeyConditionExpression=Key("p").eq("a"), ProjectionExpression="y", Limit=1)
    assert fetched["Items"] == [{"y": 5}]
    table.update_item(Key={"p": "a", "c": 1}, UpdateExpression="REMOVE w")
    assert table.query(IndexName="some", KeyConditionExpression=Key("p").eq("a"))["Count"] == 2
    assert table.scan(IndexName="some")["Count"] == 2
    refused(client.query, "ValidationException", "The table does not have the specified index: absent", TableName=name,
            IndexName="absent", KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}})


def test_projection_of_document_paths(table):
    table.put_item(Item={"p": "doc", "c": 1, "l": [0, 1, 2, {"x": 1, "y": 2}], "m": {"a": 1, "b": {"c": 2}}})
    item = table.get_item(Key={"p": "doc", "c": 1}, ProjectionExpression="l[3].y, l[1], m.b.c, nowhere")["Item"]
    assert item == {"l": [1, {"y": 2}], "m": {"b": {"c": 2}}}


@pytest.mark.parametrize("parameters, text", [
    (dict(KeyConditionExpression="c = :v", ExpressionAttributeValues={":v": {"N": "1"}}), "Query condition missed key schema element: p"),
    (dict(KeyConditionExpression="p = :p OR c = :v", ExpressionAttributeValues={":p": {"S": "a"}, ":v": {"N": "1"}}), "OR"),
    (dict(KeyConditionExpression="p > :p", ExpressionAttributeValues={":p": {"S": "a"}}), "Query key condition not supported"),
    (dict(), "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request"),
    (dict(KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}}, FilterExpression="c = :p"),
     "Filter Expression can only contain non-primary key attributes: Primary key attribute: c"),
    (dict(KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}, ":q": {"S": "a"}}),
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:q}"),
    (dict(KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}}, Limit=0), "greater than or equal to 1"),
])
def test_query_refusals(raw, table, parameters, text):
    refused(raw.query, "ValidationException", text, TableName=table.name, **parameters)


def test_scan_refusals(raw, table):
    refused(raw.scan, "ValidationException", "TotalSegments", TableName=table.name, Segment=1)
    refused(raw.scan, "ValidationException", "The Segment parameter is zero-based", TableName=table.name, Segment=4, TotalSegments=4)
