// The JavaScript SDK v3: plain client, document client, waiters and paginators.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";

const require = createRequire(path.join(process.env.PARTITA_E2E_NODE_MODULES, "index.js"));
const sdk = require("@aws-sdk/client-dynamodb");
const lib = require("@aws-sdk/lib-dynamodb");

const client = new sdk.DynamoDBClient({
  endpoint: process.env.PARTITA_ENDPOINT,
  region: process.env.AWS_REGION ?? "us-east-1",
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "any",
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "any",
  },
  maxAttempts: 1,
});
const documents = lib.DynamoDBDocumentClient.from(client);
const TableName = `javascript-${process.pid}`;

before(async () => {
  await client.send(
    new sdk.CreateTableCommand({
      TableName,
      KeySchema: [
        { AttributeName: "p", KeyType: "HASH" },
        { AttributeName: "c", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "p", AttributeType: "S" },
        { AttributeName: "c", AttributeType: "N" },
      ],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await sdk.waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { TableName });
});

after(async () => {
  await client.send(new sdk.DeleteTableCommand({ TableName }));
  await sdk.waitUntilTableNotExists({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { TableName });
  client.destroy();
});

test("documents round trip", async () => {
  const Item = { p: "js", c: 1, text: "ü𝄞", list: [1, "a", null, true], map: { deep: { er: [] } }, set: new Set(["x", "y"]), bytes: new Uint8Array([0, 255]) };
  await documents.send(new lib.PutCommand({ TableName, Item }));
  const got = await documents.send(new lib.GetCommand({ TableName, Key: { p: "js", c: 1 }, ConsistentRead: true }));
  assert.deepEqual(got.Item, Item);
});

test("a failed condition is an exception that carries the item", async () => {
  await documents.send(new lib.PutCommand({ TableName, Item: { p: "if", c: 1, v: 1 } }));
  await assert.rejects(
    client.send(
      new sdk.PutItemCommand({
        TableName,
        Item: { p: { S: "if" }, c: { N: "1" } },
        ConditionExpression: "attribute_not_exists(p)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    ),
    (error) => error instanceof sdk.ConditionalCheckFailedException && error.Item.v.N === "1" && error.$metadata.httpStatusCode === 400,
  );
});

test("an absent table is a ResourceNotFoundException", async () => {
  await assert.rejects(client.send(new sdk.DescribeTableCommand({ TableName: "absent" })), sdk.ResourceNotFoundException);
});

test("updates return what they touched", async () => {
  const updated = await documents.send(
    new lib.UpdateCommand({
      TableName,
      Key: { p: "update", c: 1 },
      UpdateExpression: "SET #v = if_not_exists(#v, :zero) + :one",
      ExpressionAttributeNames: { "#v": "value" },
      ExpressionAttributeValues: { ":zero": 0, ":one": 1 },
      ReturnValues: "UPDATED_NEW",
    }),
  );
  assert.deepEqual(updated.Attributes, { value: 1 });
});

test("paginators and batches", async () => {
  for (let start = 0; start < 50; start += 25) {
    const requests = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: { p: "page", c: start + n } } }));
    const answer = await documents.send(new lib.BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
    assert.deepEqual(answer.UnprocessedItems, {});
  }
  const seen = [];
  const query = { TableName, KeyConditionExpression: "p = :p", ExpressionAttributeValues: { ":p": "page" }, Limit: 7 };
  for await (const page of lib.paginateQuery({ client: documents }, query)) seen.push(...page.Items.map((item) => item.c));
  assert.deepEqual(seen, Array.from({ length: 50 }, (_, n) => n));
});
