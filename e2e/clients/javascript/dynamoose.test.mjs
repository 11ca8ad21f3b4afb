// Dynamoose: models that make their own table, with an index and an expiry.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { dropTable, eventually, require, sdk, settings } from "./connection.mjs";

const dynamoose = require("dynamoose");

const name = `dynamoose-${process.pid}`;
dynamoose.aws.ddb.set(new sdk.DynamoDB(settings));

const schema = new dynamoose.Schema(
  {
    shelf: { type: String, hashKey: true },
    number: { type: Number, rangeKey: true },
    author: { type: String, index: { name: "byAuthor", type: "global", rangeKey: "number" } },
    title: String,
    copies: { type: Number, default: 1 },
    tags: { type: Set, schema: [String] },
    notes: { type: Array, schema: [String] },
  },
  { timestamps: true },
);
const Book = dynamoose.model("Book", schema);
const table = new dynamoose.Table(name, [Book], {
  create: true,
  initialize: false,
  update: ["ttl", "indexes"],
  throughput: "ON_DEMAND",
  waitForActive: { enabled: true, check: { timeout: 20_000, frequency: 100 } },
  expires: { ttl: 3_600_000, attribute: "expires" },
});

after(() => dropTable(name));

test("the table is made with its index and its expiry", async () => {
  await table.initialize();
  const raw = new sdk.DynamoDB(settings);
  const { Table } = await raw.describeTable({ TableName: name });
  assert.deepEqual(Table.GlobalSecondaryIndexes.map(({ IndexName, IndexStatus }) => [IndexName, IndexStatus]), [["byAuthor", "ACTIVE"]]);
  const { TimeToLiveDescription } = await raw.describeTimeToLive({ TableName: name });
  assert.equal(TimeToLiveDescription.AttributeName, "expires");
  assert.match(TimeToLiveDescription.TimeToLiveStatus, /^ENABL/);
});

test("documents are made, changed and deleted", async () => {
  const book = await Book.create({ shelf: "a", number: 1, author: "Ito", title: "One", tags: new Set(["x"]), notes: ["n"] });
  assert.ok(book.createdAt);
  await assert.rejects(Book.create({ shelf: "a", number: 1 }), { name: "ConditionalCheckFailedException" });
  const changed = await Book.update({ shelf: "a", number: 1 }, { $ADD: { copies: 2 }, $SET: { title: "Uno" }, $REMOVE: ["author"] });
  assert.equal(changed.copies, 3);
  const got = await Book.get({ shelf: "a", number: 1 });
  assert.equal(got.title, "Uno");
  assert.equal(got.author, undefined);
  const condition = new dynamoose.Condition().where("copies").gt(10);
  await assert.rejects(Book.update({ shelf: "a", number: 1 }, { title: "no" }, { condition }), { name: "ConditionalCheckFailedException" });
  await Book.delete({ shelf: "a", number: 1 });
  assert.equal(await Book.get({ shelf: "a", number: 1 }), undefined);
});

test("queries and scans find them", async () => {
  await Book.batchPut(Array.from({ length: 20 }, (_, number) => ({ shelf: "q", number, author: number % 2 ? "Odd" : "Even", title: `T${number}` })));
  const some = await Book.query("shelf").eq("q").where("number").between(5, 8).sort("descending").exec();
  assert.deepEqual(some.map(({ number }) => number), [8, 7, 6, 5]);
  const odd = await eventually(() => Book.query("author").eq("Odd").using("byAuthor").exec(), (found) => found.length === 10);
  assert.equal(odd.length, 10);
  const filtered = await Book.scan().where("shelf").eq("q").where("title").contains("T1").all().exec();
  assert.equal(filtered.length, 11);
  const { count } = await Book.query("shelf").eq("q").count().exec();
  assert.equal(count, 20);
  const parallel = await Book.scan().parallel(4).all().exec();
  assert.ok(parallel.length >= 20);
});

test("transactions", async () => {
  await Book.create({ shelf: "t", number: 1, copies: 5 });
  const condition = new dynamoose.Condition().where("copies").ge(5);
  const lend = () =>
    dynamoose.transaction([
      Book.transaction.update({ shelf: "t", number: 1 }, { $ADD: { copies: -5 } }, { condition }),
      Book.transaction.create({ shelf: "t", number: 2, title: "lent" }),
    ]);
  await lend();
  await assert.rejects(lend(), { name: "TransactionCanceledException" });
  const [first, second] = await dynamoose.transaction([Book.transaction.get({ shelf: "t", number: 1 }), Book.transaction.get({ shelf: "t", number: 2 })]);
  assert.equal(first.copies, 0);
  assert.equal(second.title, "lent");
});
