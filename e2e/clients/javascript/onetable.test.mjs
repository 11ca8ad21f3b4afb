// OneTable: one table for several models, with unique attributes, transactions and an expiry.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { client, eventually, require } from "./connection.mjs";

const { Dynamo, Table } = {
  ...require("dynamodb-onetable"),
  ...require("dynamodb-onetable/Dynamo"),
};

const table = new Table({
  name: `onetable-${process.pid}`,
  client: new Dynamo({ client }),
  partial: true,
  schema: {
    format: "onetable:1.1.0",
    version: "0.0.1",
    indexes: {
      primary: { hash: "pk", sort: "sk" },
      gs1: { hash: "gs1pk", sort: "gs1sk", project: ["gs1pk", "gs1sk", "name", "balance"] },
    },
    models: {
      Account: {
        pk: { type: String, value: "account#${id}" },
        sk: { type: String, value: "account" },
        gs1pk: { type: String, value: "account" },
        gs1sk: { type: String, value: "name#${name}" },
        id: { type: String, required: true },
        name: { type: String, required: true },
        balance: { type: Number, default: 0 },
        email: { type: String, unique: true },
        address: { type: Object, schema: { zip: { type: String }, city: { type: String } } },
        roles: { type: Set },
        expires: { type: Date, ttl: true },
      },
      User: {
        pk: { type: String, value: "account#${account}" },
        sk: { type: String, value: "user#${id}" },
        account: { type: String, required: true },
        id: { type: String, required: true },
        logins: { type: Number, default: 0 },
      },
    },
    params: { isoDates: true, timestamps: true },
  },
});
const Account = table.getModel("Account");
const User = table.getModel("User");

after(() => table.deleteTable("DeleteTableForever"));

test("the table is made, with its index", async () => {
  await table.createTable({ wait: 20 });
  assert.equal(await table.exists(), true);
  const { Table: made } = await table.describeTable();
  assert.deepEqual(made.GlobalSecondaryIndexes[0].Projection.ProjectionType, "INCLUDE");
});

test("models are made, updated and removed, and unique attributes stay so", async () => {
  const made = await Account.create({ id: "1", name: "One", email: "one@example.com", address: { zip: "1", city: "A" }, roles: new Set(["r"]) });
  assert.equal(made.balance, 0);
  await assert.rejects(Account.create({ id: "1", name: "One", email: "two@example.com" }));
  await assert.rejects(Account.create({ id: "2", name: "Two", email: "one@example.com" }), { code: "UniqueError" });
  const updated = await Account.update({ id: "1", name: "One" }, { add: { balance: 10 }, set: { "address.zip": "9" } });
  assert.equal(updated.balance, 10);
  assert.equal((await Account.get({ id: "1" })).address.zip, "9");
  await assert.rejects(Account.update({ id: "1", name: "One" }, { add: { balance: 1 }, where: "${balance} > {100}" }));
  await Account.remove({ id: "1" });
  assert.equal(await Account.get({ id: "1" }), undefined);
});

test("finds go by key, by index and by fetching a whole collection", async () => {
  await Account.create({ id: "f", name: "Fay", email: "fay@example.com" });
  for (let n = 0; n < 5; n += 1) await User.create({ account: "f", id: `u${n}`, logins: n });
  const users = await User.find({ account: "f" }, { where: "${logins} >= {3}" });
  assert.deepEqual(users.map(({ id }) => id), ["u3", "u4"]);
  const begins = await User.find({ account: "f", sk: { begins: "user#u" } }, { limit: 2 });
  assert.equal(begins.length, 2);
  assert.ok(begins.next);
  const named = await eventually(() => Account.find({ name: "Fay" }, { index: "gs1" }), (found) => found.length === 1);
  assert.equal(named[0].name, "Fay");
  const collection = await table.fetch(["Account", "User"], { pk: "account#f" });
  assert.equal(collection.User.length, 5);
  assert.equal(collection.Account.length, 1);
});

test("batches and transactions", async () => {
  const batch = {};
  for (let n = 0; n < 3; n += 1) await User.create({ account: "b", id: `b${n}` }, { batch });
  await table.batchWrite(batch);
  assert.equal((await User.find({ account: "b" })).length, 3);
  const change = async (limit) => {
    const transaction = {};
    await User.update({ account: "b", id: "b0" }, { add: { logins: 1 }, where: `\${logins} < {${limit}}`, transaction });
    await User.remove({ account: "b", id: limit === 1 ? "b1" : "b2" }, { transaction });
    await table.transact("write", transaction);
  };
  await change(1);
  await assert.rejects(change(1));
  assert.deepEqual((await User.find({ account: "b" })).map(({ id, logins }) => [id, logins]), [["b0", 1], ["b2", 0]]);
});
