"""The AWS CLI, its own paging options included."""

import json
import os
import subprocess
import sys

from conftest import ENDPOINT


def aws(*arguments):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": os.environ.get("AWS_ACCESS_KEY_ID", "any"),
                   "AWS_SECRET_ACCESS_KEY": os.environ.get("AWS_SECRET_ACCESS_KEY", "any"), "AWS_PAGER": ""}
    command = [sys.executable, "-m", "awscli", "dynamodb", *arguments, "--endpoint-url", ENDPOINT,
               "--region", os.environ.get("AWS_REGION", "us-east-1"), "--output", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_paging_options(make_table, resource):
    name = make_table("p:S", "c:N")
    with resource.Table(name).batch_writer() as batch:
        for number in range(25):
            batch.put_item(Item={"p": "a", "c": number})
    query = ["query", "--table-name", name, "--key-condition-expression", "p = :p",
             "--expression-attribute-values", '{":p": {"S": "a"}}']
    whole = aws(*query, "--page-size", "4")
    assert [int(item["c"]["N"]) for item in whole["Items"]] == list(range(25)) and whole["Count"] == 25
    first = aws(*query, "--max-items", "10", "--page-size", "4")
    assert [int(item["c"]["N"]) for item in first["Items"]] == list(range(10))
    rest = aws(*query, "--starting-token", first["NextToken"])
    assert [int(item["c"]["N"]) for item in rest["Items"]] == list(range(10, 25))
    assert "NextToken" not in rest
    scanned = aws("scan", "--table-name", name, "--page-size", "3", "--max-items", "7")
    assert len(scanned["Items"]) == 7 and "NextToken" in scanned


def test_create_put_get_wait_delete():
    aws("create-table", "--table-name", "from-the-cli", "--attribute-definitions", "AttributeName=id,AttributeType=S",
        "--key-schema", "AttributeName=id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST")
    aws("wait", "table-exists", "--table-name", "from-the-cli")
    aws("put-item", "--table-name", "from-the-cli", "--item", '{"id": {"S": "a"}, "v": {"N": "1"}}')
    assert aws("get-item", "--table-name", "from-the-cli", "--key", '{"id": {"S": "a"}}')["Item"]["v"] == {"N": "1"}
    assert "from-the-cli" in aws("list-tables", "--page-size", "1")["TableNames"]
    aws("delete-table", "--table-name", "from-the-cli")
    aws("wait", "table-not-exists", "--table-name", "from-the-cli")
