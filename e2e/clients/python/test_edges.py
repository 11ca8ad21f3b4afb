"""Edges: what callers meet rarely, and what a server gets wrong most easily."""

import pytest

from test_tables import refused

ONE = {":v": {"N": "1"}}


@pytest.fixture
def put(client, make_table):
    """Puts an item under the key `a` of a table of its own, and returns the table's name."""

    def make(**attributes):
        name = make_table("p:S")
        client.put_item(TableName=name, Item={"p": {"S": "a"}, **attributes})
        return name

    return make


@pytest.mark.parametrize("comparator", ["=", "<>", "<", "<=", ">", ">="])
def test_the_size_of_what_has_none_compares_false(client, put, comparator):
    name = put(n={"N": "1"}, t={"BOOL": True}, z={"NULL": True}, s={"S": "x"})
    for attribute in "ntz":
        found = client.scan(TableName=name, FilterExpression=f"size({attribute}) {comparator} :v", ExpressionAttributeValues=ONE)
        assert found["Count"] == 0
    negated = client.scan(TableName=name, FilterExpression=f"NOT size(n) {comparator} :v", ExpressionAttributeValues=ONE)
    assert negated["Count"] == 1


@pytest.mark.parametrize("expression, old, new", [
    ("SET l[1] = :v", {"L": [{"N": "11"}]}, {"L": [{"N": "1"}]}),
    ("SET l[0] = :v, l[2] = :v", {"L": [{"N": "10"}, {"N": "12"}]}, {"L": [{"N": "1"}, {"N": "1"}]}),
    ("SET l[3].x = :v", {"L": [{"M": {"x": {"N": "13"}}}]}, {"L": [{"M": {"x": {"N": "1"}}}]}),
    ("SET fresh = :v", None, {"N": "1"}),
])
def test_updated_values_are_the_paths_that_were_named(client, put, expression, old, new):
    before = {"L": [*({"N": str(n)} for n in (10, 11, 12)), {"M": {"x": {"N": "13"}, "y": {"N": "14"}}}]}
    for returned, expected in (("UPDATED_OLD", old), ("UPDATED_NEW", new)):
        answer = client.update_item(TableName=put(l=before), Key={"p": {"S": "a"}}, UpdateExpression=expression,
                                    ExpressionAttributeValues=ONE, ReturnValues=returned)
        assert list(answer.get("Attributes", {}).values()) == ([expected] if expected else [])


def test_attributes_have_names(raw, put):
    name = put()
    key = {"p": {"S": "a"}}
    refused(raw.put_item, "ValidationException", "Empty attribute name", TableName=name, Item={**key, "": {"S": "x"}})
    raw.put_item(TableName=name, Item={**key, "m": {"M": {"": {"S": "x"}}}})
    update = dict(TableName=name, Key=key, ExpressionAttributeValues=ONE)
    refused(raw.update_item, "ValidationException", "Empty attribute name for key #a", **update,
            UpdateExpression="SET #a = :v", ExpressionAttributeNames={"#a": ""})
    refused(raw.update_item, "ValidationException", "65535", **update, UpdateExpression="SET #a = :v",
            ExpressionAttributeNames={"#a": "x" * 65_536})
    raw.update_item(**update, UpdateExpression="SET #a = :v", ExpressionAttributeNames={"#a": "x" * 65_535})


def test_limits_of_expressions(raw, put):
    scan = dict(TableName=put(), ExpressionAttributeValues=ONE)
    raw.scan(**scan, FilterExpression="a = :v" + " " * 4090)
    refused(raw.scan, "ValidationException", "expression size: 4097", **scan, FilterExpression="a = :v" + " " * 4091)
    raw.scan(**scan, FilterExpression="a IN (" + ",".join([":v"] * 100) + ")")
    refused(raw.scan, "ValidationException", "number of operands: 101", **scan,
            FilterExpression="a IN (" + ",".join([":v"] * 101) + ")")
    refused(raw.scan, "ValidationException", "operator count: 301", **scan, FilterExpression=" OR ".join(["a = :v"] * 151))
    large = {f":v{n}": {"S": "x" * 1_100_000} for n in range(2)}
    refused(raw.scan, "ValidationException", "exceeds max size", TableName=scan["TableName"], FilterExpression="a IN (:v0, :v1)",
            ExpressionAttributeValues=large)


def test_sizes_to_the_byte(client, put):
    name = put()
    largest = 409_600 - len("p") - len("a") - len("v")
    client.put_item(TableName=name, Item={"p": {"S": "a"}, "v": {"S": "x" * largest}})
    refused(client.put_item, "ValidationException", "Item size has exceeded the maximum allowed size", TableName=name,
            Item={"p": {"S": "a"}, "v": {"S": "x" * (largest + 1)}})
    for size in (2048, 2049):
        item = dict(TableName=name, Item={"p": {"S": "x" * size}})
        client.put_item(**item) if size == 2048 else refused(client.put_item, "ValidationException", "limit of2048 bytes", **item)


@pytest.mark.parametrize("condition", ["c = :v", "c > :v", "begins_with(c, :v)", "c BETWEEN :v AND :p"])
def test_a_key_is_never_compared_with_an_empty_string(raw, make_table, condition):
    refused(raw.query, "ValidationException", "cannot contain an empty string value. Key: c", TableName=make_table("p:S", "c:S"),
            KeyConditionExpression=f"p = :p AND {condition}", ExpressionAttributeValues={":p": {"S": "a"}, ":v": {"S": ""}})


def test_a_page_that_ends_at_the_end_says_there_may_be_more(client, make_table):
    name = make_table("p:S", "c:N")
    for number in range(3):
        client.put_item(TableName=name, Item={"p": {"S": "a"}, "c": {"N": str(number)}})
    query = dict(TableName=name, KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}})
    for forward in (True, False):
        page = client.query(**query, Limit=3, ScanIndexForward=forward)
        last = client.query(**query, Limit=3, ScanIndexForward=forward, ExclusiveStartKey=page["LastEvaluatedKey"])
        assert last["Items"] == [] and "LastEvaluatedKey" not in last
    between = client.query(**query, Limit=1, ScanIndexForward=False, ExclusiveStartKey={"p": {"S": "a"}, "c": {"N": "1.5"}})
    assert between["LastEvaluatedKey"]["c"] == {"N": "1"}
    refused(client.query, "ValidationException", "outside query boundaries", **query,
            ExclusiveStartKey={"p": {"S": "b"}, "c": {"N": "1"}})


def test_each_change_of_an_index_entry_has_its_price(client, make_table):
    name = make_table("p:S", "c:N", indexes={
        "all": ("v:S", {"ProjectionType": "ALL"}), "keys": ("v:S", {"ProjectionType": "KEYS_ONLY"})})

    def price(**attributes):
        item = {"p": {"S": "a"}, "c": {"N": "1"}, **{name: {"S": value} for name, value in attributes.items()}}
        used = client.put_item(TableName=name, Item=item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
        indexes = {index: units["CapacityUnits"] for index, units in used.get("LocalSecondaryIndexes", {}).items()}
        assert used["CapacityUnits"] == used["Table"]["CapacityUnits"] + sum(indexes.values())
        return indexes

    assert price() == {}
    assert price(v="1") == {"all": 1, "keys": 1}
    assert price(v="1") == {}
    assert price(v="1", x="1") == {"all": 1}
    assert price(v="2", x="1") == {"all": 2, "keys": 2}
    assert price(x="1") == {"all": 1, "keys": 1}


def test_a_batch_tells_bad_keys_of_puts_as_of_deletes(raw, put):
    name = put()
    for item in ({"p": {"N": "1"}}, {"q": {"S": "a"}}):
        refused(raw.batch_write_item, "ValidationException", "The provided key element does not match the schema",
                RequestItems={name: [{"PutRequest": {"Item": item}}]})
