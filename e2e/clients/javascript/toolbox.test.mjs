// dynamodb-toolbox: schemas, update extensions, queries on an index, batches and transactions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { client, dropTable, eventually, lib, makeTable, require } from "./connection.mjs";

const toolbox = require("dynamodb-toolbox");
const { $add, $append, $get, $remove, $sum, Entity, Table, item, list, map, number, set, string } = toolbox;

const name = `toolbox-${process.pid}`;
const table = new Table({
  name,
  documentClient: lib.DynamoDBDocumentClient.from(client),
  partitionKey: { name: "pk", type: "string" },
  sortKey: { name: "sk", type: "string" },
  indexes: { byColour: { type: "global", partitionKey: { name: "colour", type: "string" }, sortKey: { name: "sk", type: "string" } } },
});

const bird = new Entity({
  name: "BIRD",
  table,
  schema: item({
    pk: string().key(),
    sk: string().key(),
    colour: string().optional(),
    weight: number().default(1),
    songs: set(string()).optional(),
    seen: list(string()).optional(),
    nest: map({ eggs: number(), place: string().optional() }).optional(),
  }),
});

before(() => makeTable(name, ["pk", "sk"], { byColour: ["colour", "sk"] }));
after(() => dropTable(name));

const put = (attributes) => bird.build(toolbox.PutItemCommand).item(attributes);
const get = async (pk, sk) => (await bird.build(toolbox.GetItemCommand).key({ pk, sk }).options({ consistent: true }).send()).Item;

test("items go in and out through a schema, and conditions are kept", async () => {
  await put({ pk: "owl", sk: "1", colour: "grey", songs: new Set(["hoo"]), nest: { eggs: 2 } }).send();
  const found = await get("owl", "1");
  assert.equal(found.weight, 1);
  assert.deepEqual(found.songs, new Set(["hoo"]));
  const once = put({ pk: "owl", sk: "1" }).options({ condition: { attr: "pk", exists: false } });
  await assert.rejects(once.send(), { name: "ConditionalCheckFailedException" });
  const { Attributes } = await bird.build(toolbox.DeleteItemCommand).key({ pk: "owl", sk: "1" }).options({ returnValues: "ALL_OLD" }).send();
  assert.equal(Attributes.colour, "grey");
  assert.equal(await get("owl", "1"), undefined);
});

test("updates add, append, copy and remove", async () => {
  await put({ pk: "wren", sk: "1", colour: "brown", seen: ["a"], songs: new Set(["x"]), nest: { eggs: 1, place: "ivy" } }).send();
  const changes = {
    pk: "wren",
    sk: "1",
    weight: $add(4),
    seen: $append(["b"]),
    songs: $add(new Set(["y"])),
    colour: $remove(),
    nest: { eggs: $sum($get("nest.eggs"), 2) },
  };
  const { Attributes } = await bird.build(toolbox.UpdateItemCommand).item(changes).options({ returnValues: "ALL_NEW" }).send();
  assert.equal(Attributes.weight, 5);
  assert.deepEqual(Attributes.seen, ["a", "b"]);
  assert.deepEqual([...Attributes.songs].sort(), ["x", "y"]);
  assert.equal(Attributes.colour, undefined);
  assert.deepEqual(Attributes.nest, { eggs: 3, place: "ivy" });
});

test("queries go by range, by index and by filter", async () => {
  const birds = Array.from({ length: 12 }, (_, n) => ({ pk: "tit", sk: String(n).padStart(2, "0"), colour: n % 2 ? "blue" : "great", weight: n }));
  await toolbox.executeBatchWrite(table.build(toolbox.BatchWriteCommand).requests(...birds.map((one) => bird.build(toolbox.BatchPutRequest).item(one))));
  const query = (by, options = {}) => table.build(toolbox.QueryCommand).entities(bird).query(by).options(options).send();
  const range = await query({ partition: "tit", range: { between: ["03", "05"] } }, { reverse: true });
  assert.deepEqual(range.Items.map(({ sk }) => sk), ["05", "04", "03"]);
  const blue = await eventually(() => query({ index: "byColour", partition: "blue" }), ({ Items }) => Items.length === 6);
  assert.deepEqual(blue.Items.map(({ sk }) => sk), ["01", "03", "05", "07", "09", "11"]);
  const heavy = await query({ index: "byColour", partition: "blue" }, { filters: { BIRD: { attr: "weight", gte: 7 } }, maxPages: Infinity });
  assert.deepEqual(heavy.Items.map(({ weight }) => weight), [7, 9, 11]);
  const scanned = await table.build(toolbox.ScanCommand).entities(bird).options({ index: "byColour", maxPages: Infinity, filters: { BIRD: { attr: "pk", eq: "tit" } } }).send();
  assert.equal(scanned.Items.length, 12);
});

test("transactions write and read several items", async () => {
  await put({ pk: "jay", sk: "1", weight: 10 }).send();
  const write = (limit) =>
    toolbox.executeTransactWrite(
      bird.build(toolbox.ConditionCheck).key({ pk: "jay", sk: "1" }).condition({ attr: "weight", lte: limit }),
      bird.build(toolbox.PutTransaction).item({ pk: "jay", sk: "2", weight: limit }),
    );
  await write(10);
  await assert.rejects(write(9), (error) => {
    assert.equal(error.name, "TransactionCanceledException");
    assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ["ConditionalCheckFailed", "None"]);
    return true;
  });
  const { Responses } = await toolbox.executeTransactGet(
    bird.build(toolbox.GetTransaction).key({ pk: "jay", sk: "1" }),
    bird.build(toolbox.GetTransaction).key({ pk: "jay", sk: "2" }),
  );
  assert.deepEqual(Responses.map(({ Item }) => Item.weight), [10, 10]);
});
