// The demo's check must notice what it is there to notice.

import { expect, test } from "vitest";
import { check, EXPECTATIONS } from "../../demo/check.ts";
import { type DemoCustomer, makeCustomers } from "../../demo/customers.ts";
import { quantile } from "../../demo/latency.ts";
import type { Received } from "../../demo/receiver.ts";

const customers = new Map([...makeCustomers(50, 1)].map((customer) => [String(customer.id), customer]));
const warehouse = EXPECTATIONS["warehouse-sync"];
if (warehouse === undefined) throw new Error("no such action");

function received(customer: DemoCustomer, change: Partial<Received> = {}): Received {
  return {
    key: `k-${customer.id}`,
    path: "/warehouse",
    authorization: null,
    customerHeader: null,
    body: JSON.stringify(customer),
    status: 200,
    at: 0,
    ...change,
  };
}

const record = [...customers.values()].map((customer) => received(customer));
const none = new Set<string>();

test("a right record is right", () => {
  expect(check(warehouse, customers, record, none)).toEqual({
    delivered: 50,
    lost: 0,
    wronglyFailed: 0,
    altered: 0,
    duplicates: 0,
    inconsistent: 0,
    unexpected: 0,
    examples: [],
  });
});

test("a lost delivery is noticed, unless the receiver refused it for good and it is a dead letter", () => {
  const [first] = [...customers.values()];
  if (first === undefined) throw new Error("no customers");
  const failed = new Set([String(first.id)]);
  const rest = record.slice(1);
  const after = (...statuses: number[]) =>
    check(warehouse, customers, [...statuses.map((status) => received(first, { status })), ...rest], failed);

  expect(check(warehouse, customers, rest, none)).toMatchObject({ delivered: 49, lost: 1 });
  for (const refusal of [400, 410])
    expect(after(503, refusal)).toMatchObject({ delivered: 49, lost: 0, wronglyFailed: 0 });
  expect(after(503, 429)).toMatchObject({ delivered: 49, lost: 0, wronglyFailed: 1 });
  expect(after()).toMatchObject({ lost: 0, wronglyFailed: 1 });
});

test("an altered value is noticed", () => {
  const [first, ...rest] = [...customers.values()];
  const altered = received({ ...first, email: "other" } as DemoCustomer);

  expect(
    check(warehouse, customers, [altered, ...rest.map((customer) => received(customer))], none),
  ).toMatchObject({ altered: 1, lost: 0 });
});

test("a second acceptance, other bytes under one key, and a request for nobody are noticed", () => {
  const [first] = [...customers.values()];
  if (first === undefined) throw new Error("no customers");

  expect(check(warehouse, customers, [...record, received(first)], none)).toMatchObject({
    duplicates: 1,
    inconsistent: 0,
  });
  expect(check(warehouse, customers, [...record, received(first, { key: "another" })], none)).toMatchObject({
    duplicates: 1,
  });
  expect(
    check(warehouse, customers, [received(first, { status: 503, body: "{}" }), ...record], none),
  ).toMatchObject({ inconsistent: 1 });
  expect(
    check(warehouse, customers, [...record, received({ ...first, id: "stranger" }, { key: "s" })], none),
  ).toMatchObject({ unexpected: 1 });
});

test("quantiles interpolate inside a bucket", () => {
  const buckets = new Map([
    [0.1, 50],
    [0.2, 100],
    [Number.POSITIVE_INFINITY, 100],
  ]);

  expect(quantile(buckets, 0.5)).toBeCloseTo(0.1);
  expect(quantile(buckets, 0.75)).toBeCloseTo(0.15);
  expect(quantile(new Map(), 0.5)).toBeNull();
});
