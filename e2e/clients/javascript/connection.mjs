// What every JavaScript test needs: the packages, a client for the server under test, and tables with indexes.

import { createRequire } from "node:module";
import path from "node:path";

export const require = createRequire(path.join(process.env.PARTITA_E2E_NODE_MODULES, "index.js"));
export const sdk = require("@aws-sdk/client-dynamodb");
export const lib = require("@aws-sdk/lib-dynamodb");

export const settings = {
  endpoint: process.env.PARTITA_ENDPOINT,
  region: process.env.AWS_REGION ?? "us-east-1",
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "any",
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "any",
  },
  maxAttempts: 1,
};

export const client = new sdk.DynamoDBClient(settings);

const waiting = { client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };

/// Makes a table of string keys: `key` and each of `indexes` are [hash] or [hash, range].
export async function makeTable(TableName, key, indexes = {}) {
  const schema = (names) =>
    names.map((AttributeName, place) => ({ AttributeName, KeyType: place === 0 ? "HASH" : "RANGE" }));
  const names = new Set([key, ...Object.values(indexes)].flat());
  const GlobalSecondaryIndexes = Object.entries(indexes).map(([IndexName, index]) => ({
    IndexName,
    KeySchema: schema(index),
    Projection: { ProjectionType: "ALL" },
  }));
  await client.send(
    new sdk.CreateTableCommand({
      TableName,
      KeySchema: schema(key),
      AttributeDefinitions: [...names].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      ...(GlobalSecondaryIndexes.length > 0 && { GlobalSecondaryIndexes }),
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await sdk.waitUntilTableExists(waiting, { TableName });
}

export async function dropTable(TableName) {
  await client.send(new sdk.DeleteTableCommand({ TableName }));
  await sdk.waitUntilTableNotExists(waiting, { TableName });
}

/// Global indexes follow their table: asks until the answer is as expected, for some seconds.
export async function eventually(ask, enough) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (enough(answer) || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
