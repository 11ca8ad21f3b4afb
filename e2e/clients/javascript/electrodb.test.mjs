// ElectroDB: entities in one table, collections over a global index, transactions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { client, dropTable, eventually, makeTable, require } from "./connection.mjs";

const { Entity, Service, createConversions } = require("electrodb");

const table = `electrodb-${process.pid}`;

const employee = new Entity(
  {
    model: { entity: "employee", version: "1", service: "office" },
    attributes: {
      id: { type: "string", required: true },
      office: { type: "string", required: true },
      team: { type: ["engineering", "sales"], required: true },
      name: { type: "string", required: true },
      salary: { type: "number", default: 1000 },
      skills: { type: "set", items: "string" },
      address: { type: "map", properties: { city: { type: "string" }, floors: { type: "list", items: { type: "number" } } } },
      updated: { type: "number", watch: "*", set: () => 7 },
    },
    indexes: {
      byId: { pk: { field: "pk", composite: ["id"] }, sk: { field: "sk", composite: [] } },
      byOffice: {
        collection: "workplace",
        index: "gsi1",
        pk: { field: "gsi1pk", composite: ["office"] },
        sk: { field: "gsi1sk", composite: ["team", "id"] },
      },
    },
  },
  { client, table },
);

const room = new Entity(
  {
    model: { entity: "room", version: "1", service: "office" },
    attributes: { office: { type: "string" }, number: { type: "string" }, seats: { type: "number" } },
    indexes: {
      byNumber: { pk: { field: "pk", composite: ["office"] }, sk: { field: "sk", composite: ["number"] } },
      byOffice: {
        collection: "workplace",
        index: "gsi1",
        pk: { field: "gsi1pk", composite: ["office"] },
        sk: { field: "gsi1sk", composite: ["number"] },
      },
    },
  },
  { client, table },
);

const office = new Service({ employee, room }, { client, table });

const ann = { id: "ann", office: "north", team: "engineering", name: "Ann", skills: ["go"], address: { city: "Ulm", floors: [1, 2] } };

before(() => makeTable(table, ["pk", "sk"], { gsi1: ["gsi1pk", "gsi1sk"] }));
after(() => dropTable(table));

test("an entity is made once, read, patched and removed", async () => {
  const made = await employee.create(ann).go();
  assert.equal(made.data.salary, 1000);
  await assert.rejects(employee.create(ann).go(), /conditional request failed/);
  const patched = await employee
    .patch({ id: "ann" })
    .set({ "address.city": "Bonn" })
    .add({ salary: 500, skills: ["rust"] })
    .append({ "address.floors": [3] })
    .where(({ name }, { eq }) => eq(name, "Ann"))
    .go({ response: "all_new" });
  assert.equal(patched.data.salary, 1500);
  assert.deepEqual(patched.data.address, { city: "Bonn", floors: [1, 2, 3] });
  assert.deepEqual([...patched.data.skills].sort(), ["go", "rust"]);
  await assert.rejects(employee.patch({ id: "nobody" }).set({ name: "x" }).go(), /conditional request failed/);
  await employee.upsert({ ...ann, id: "upserted", name: "Up" }).go();
  assert.equal((await employee.get({ id: "upserted" }).go()).data.name, "Up");
  await employee.remove({ id: "upserted" }).go();
  assert.equal((await employee.get({ id: "upserted" }).go()).data, null);
});

test("a global index answers by office and team, page by page", async () => {
  const people = Array.from({ length: 30 }, (_, n) => ({
    id: `p${String(n).padStart(2, "0")}`,
    office: "south",
    team: n % 3 === 0 ? "sales" : "engineering",
    name: `P${n}`,
    salary: n * 100,
  }));
  const put = await employee.put(people).go();
  assert.deepEqual(put.unprocessed, []);
  const all = await eventually(
    () => employee.query.byOffice({ office: "south" }).go({ pages: "all" }),
    (answer) => answer.data.length === 30,
  );
  assert.equal(all.data.length, 30);
  const sales = await employee.query.byOffice({ office: "south", team: "sales" }).go();
  assert.equal(sales.data.length, 10);
  const rich = await employee.query.byOffice({ office: "south" }).where(({ salary }, { gte }) => gte(salary, 2500)).go();
  assert.equal(rich.data.length, 5);
  const between = await employee.query.byOffice({ office: "south", team: "engineering" }).between({ id: "p01" }, { id: "p10" }).go();
  assert.deepEqual(between.data.map(({ id }) => id), ["p01", "p02", "p04", "p05", "p07", "p08", "p10"]);

  const seen = [];
  let cursor = null;
  do {
    const page = await employee.query.byOffice({ office: "south" }).go({ cursor, limit: 7, pages: 1 });
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  assert.equal(new Set(seen).size, 30);
  assert.equal(seen.length, 30);
  const got = await employee.get(people.map(({ id }) => ({ id }))).go();
  assert.equal(got.data.length, 30);
});

test("a collection holds entities of both kinds", async () => {
  await employee.put({ ...ann, id: "eva", office: "west" }).go();
  await room.put({ office: "west", number: "101", seats: 4 }).go();
  const workplace = await eventually(
    () => office.collections.workplace({ office: "west" }).go(),
    ({ data }) => data.employee.length + data.room.length === 2,
  );
  assert.equal(workplace.data.employee[0].id, "eva");
  assert.equal(workplace.data.room[0].seats, 4);
});

test("transactions happen as a whole or not at all", async () => {
  await employee.put([{ ...ann, id: "from", salary: 100 }, { ...ann, id: "to", salary: 0 }]).go();
  const move = (amount) =>
    office.transaction
      .write(({ employee, room }) => [
        employee.patch({ id: "from" }).subtract({ salary: amount }).where(({ salary }, { gte }) => gte(salary, amount)).commit({ response: "all_old" }),
        employee.patch({ id: "to" }).add({ salary: amount }).commit(),
        room.put({ office: "east", number: String(amount), seats: 1 }).commit(),
      ])
      .go();
  assert.equal((await move(60)).canceled, false);
  const refused = await move(60);
  assert.equal(refused.canceled, true);
  assert.deepEqual(refused.data.map(({ rejected, code }) => [rejected, code]), [[true, "ConditionalCheckFailed"], [false, "None"], [false, "None"]]);
  assert.equal(refused.data[0].item.salary, 40);
  const read = await office.transaction.get(({ employee }) => [employee.get({ id: "from" }).commit(), employee.get({ id: "to" }).commit(), employee.get({ id: "none" }).commit()]).go();
  assert.deepEqual(read.data.map(({ item }) => item?.salary ?? null), [40, 60, null]);
});
