// What the API tells those who write actions: the dialect as the engine has it, samples as a run would read
// them, and whether an action's examples come out as they say.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api[Symbol.asyncDispose]());

test("the dialect lists filters with what they do, tags that may be used, and no others", async () => {
  const { json } = await api.request("GET", "/v1/dialect");
  const filters = new Map<string, { does: string }>(
    json.filters.map((one: { name: string }) => [one.name, one]),
  );
  for (const name of ["upcase", "json", "default", "hmac_sha256", "raw"])
    expect(filters.get(name)?.does, name).toMatch(/\w/);
  expect([...filters.values()].filter(({ does }) => does === "")).toEqual([]);
  expect(json.tags).toEqual(expect.arrayContaining(["if", "for", "assign", "cancel", "generate_uuid"]));
  expect(json.tags).not.toEqual(expect.arrayContaining(["render"]));
  expect(json.tags).not.toContain("unsubscribe");
  expect(json.names).toContain("customer");
  expect(json.places["json-string"]).toMatch(/escaped/);
});

const read = async (text: string) => (await api.request("POST", "/v1/samples", { body: { text } })).json;

test.each([
  ["NDJSON", '{"id":1}\n\n{"id":"b"}\n', [{ id: 1 }, { id: "b" }]],
  ["CSV", "id,address.city\n7,Oslo\n", [{ id: "7", address: { city: "Oslo" } }]],
  ["a list", '[{"id":1},\n{"id":2}]', [{ id: 1 }, { id: 2 }]],
  ["one over many lines", '{\n "id": 1,\n "name": "Ann"\n}', [{ id: 1, name: "Ann" }]],
])("samples are read from %s", async (_, text, customers) => {
  expect(await read(text)).toEqual({ customers, rejected: [], isAll: true });
});

test("integers of samples stay exact, bad lines are told, and fifty are enough", async () => {
  const { text } = await api.request("POST", "/v1/samples", {
    body: { text: '{"id":1,"order":9007199254740993}' },
  });
  expect(text).toContain("9007199254740993");
  expect(await read('{"id":1}\n{"name":"no id"}\n{"id":2')).toMatchObject({
    customers: [{ id: 1 }],
    rejected: [{ line: 2 }, { line: 3, column: 8 }],
  });
  const many = Array.from({ length: 60 }, (_, id) => JSON.stringify({ id }));
  for (const text of [many.join("\n"), `[${many.join()}]`]) {
    const { customers, isAll } = await read(text);
    expect(customers).toHaveLength(50);
    expect(isAll).toBe(false);
  }
  expect((await read('[{"name":"x"}]')).code).toBe("customer_invalid");
});

test("examples of a draft, and of a saved action, are composed and compared", async () => {
  const document = {
    url: "https://a.example/{{ customer.id }}",
    body: '{"plan": "{{ customer.plan }}"}',
    examples: [
      { name: "gold", customer: { id: 1, plan: "gold" }, request: { body: { plan: "gold" } } },
      { customer: { id: 2, plan: "free" }, request: { url: "https://a.example/3", body: { plan: "gold" } } },
      { customer: { id: 3 }, fails: "value_missing" },
    ],
  };
  const expected = {
    examples: [
      { name: "gold", differences: [] },
      {
        name: "example 2",
        differences: [
          { what: "url", expected: "https://a.example/3", actual: "https://a.example/2" },
          { what: "body.plan", expected: "gold", actual: "free" },
        ],
      },
      { name: "example 3", differences: [] },
    ],
    failed: 1,
  };
  const draft = await api.request("POST", "/v1/actions/draft/check", { body: { action: document } });
  expect(draft.json).toMatchObject(expected);
  await api.producer.actions.apply({ id: "saved", ...document });
  const saved = await api.request("POST", "/v1/actions/saved/check", { body: {} });
  expect(saved.json).toMatchObject({ action: "saved@1", ...expected });
  const shown = await api.request("GET", "/v1/actions/saved");
  expect(shown.json.examples).toHaveLength(3);
});
