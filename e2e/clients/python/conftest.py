"""Fixtures: a boto3 client and resource for the server under test, and tables that clean up after themselves."""

import itertools
import os

import boto3
import pytest
from botocore.config import Config

ENDPOINT = os.environ["PARTITA_ENDPOINT"]
_numbers = itertools.count()


def arguments():
    return dict(
        endpoint_url=ENDPOINT,
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "any"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "any"),
        config=Config(retries={"max_attempts": 1}),
    )


@pytest.fixture(scope="session")
def client():
    return boto3.client("dynamodb", **arguments())


@pytest.fixture(scope="session")
def raw():
    """A client that lets wrong parameters through, so that the server has to refuse them."""
    settings = arguments()
    settings["config"] = settings["config"].merge(Config(parameter_validation=False))
    return boto3.client("dynamodb", **settings)


@pytest.fixture(scope="session")
def resource():
    return boto3.resource("dynamodb", **arguments())


@pytest.fixture
def make_table(client):
    """Creates a table from a key such as ("p:S", "c:N") and local indexes {name: (attribute, projection)}."""
    made = []

    def make(*key, indexes=None, **more):
        name = f"table-{os.getpid()}-{next(_numbers)}"
        definitions = dict(part.split(":") for part in key)
        names = [part.split(":")[0] for part in key]
        schema = [{"AttributeName": n, "KeyType": t} for n, t in zip(names, ("HASH", "RANGE"))]
        if indexes:
            more["LocalSecondaryIndexes"] = [
                {
                    "IndexName": index,
                    "KeySchema": [schema[0], {"AttributeName": attribute.split(":")[0], "KeyType": "RANGE"}],
                    "Projection": projection,
                }
                for index, (attribute, projection) in indexes.items()
            ]
            definitions.update(attribute.split(":") for attribute, _ in indexes.values())
        more.setdefault("BillingMode", "PAY_PER_REQUEST")
        client.create_table(
            TableName=name,
            KeySchema=schema,
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in definitions.items()],
            **more,
        )
        made.append(name)
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
        return name

    yield make
    for name in made:
        try:
            client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            pass


@pytest.fixture
def table(make_table, resource):
    return resource.Table(make_table("p:S", "c:N"))
