"""The main job in one go, as an application does it: everything through an unmodified boto3.

    smoke.py TABLE

The table has the key (pk S, sk N). Endpoint, region and credentials come from the environment. Fails with a traceback at the first
thing that is not as DynamoDB would have it.
"""

import sys

import boto3
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError


def main():
    table = boto3.resource("dynamodb").Table(sys.argv[1])
    assert table.table_status == "ACTIVE", table.table_status
    with table.batch_writer() as batch:
        for number in range(40):
            batch.put_item(Item={"pk": "smoke", "sk": number, "text": f"item {number}"})
    found = table.query(KeyConditionExpression=Key("pk").eq("smoke") & Key("sk").between(10, 19), ConsistentRead=True)
    assert [int(item["sk"]) for item in found["Items"]] == list(range(10, 20)), found
    try:
        table.put_item(Item={"pk": "smoke", "sk": 0}, ConditionExpression="attribute_not_exists(pk)")
        raise AssertionError("the condition did not hold, yet the item was written")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ConditionalCheckFailedException", error
    for number in range(40):
        table.delete_item(Key={"pk": "smoke", "sk": number})
    assert table.scan(ConsistentRead=True, Select="COUNT", FilterExpression=Key("pk").eq("smoke"))["Count"] == 0
    print("smoke passed")


if __name__ == "__main__":
    main()
