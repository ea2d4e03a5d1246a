import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type Delivery, newDeliveryId, packDelivery, toDeliveryId } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import { decodeOutcomeEntry, type Ended, encodeOutcomeEntry } from "./outcome-entry.ts";
import { createSealer, parseSecretKeys } from "./seal.ts";

const NO_KEY = createSealer([]);
const DELIVERED: Outcome = {
  outcome: "delivered",
  reason: "reply_2xx",
  status: 202,
  attempts: 2,
  endedAt: 1_700_000_000_000,
};

function ended(delivery: Delivery, more: Partial<Ended> = {}): Ended {
  const { run } = delivery;
  const { id: customerId } = delivery.customer;
  return {
    id: run === undefined ? newDeliveryId() : toDeliveryId({ run, customerId }),
    delivery,
    outcome: DELIVERED,
    latencyMs: 35.4,
    sendMs: 20.2,
    captured: undefined,
    customerId: undefined,
    ...more,
  };
}

function there(told: Ended, sealer = NO_KEY, reader = sealer) {
  return decodeOutcomeEntry(encodeOutcomeEntry(told, sealer), told.outcome.endedAt, reader);
}

test("tells all of a delivery of a run, in few bytes", () => {
  const told = ended({ v: 1, action: "welcome@3", customer: { id: "c-1" }, run: "spring" });

  expect(there(told)).toEqual({
    id: told.id,
    action: "welcome@3",
    run: "spring",
    customer: "c-1",
    ...DELIVERED,
    labels: [],
    latencyMs: 35,
    sendMs: 20,
    attributes: {},
    missing: [],
    cut: [],
  });
  expect(encodeOutcomeEntry(told, NO_KEY).length).toBeLessThan(80);
});

test.each<[string, Delivery["customer"]["id"]]>([
  ["zero", 0],
  ["a number", 17],
  ["a text of digits", "17"],
  ["quotes and line breaks", 'a"b\n{}'],
])("keeps a customer's id as it is: %s", (_, id) => {
  expect(there(ended({ v: 1, action: "a@1", customer: { id } })).customer).toBe(id);
});

test("keeps labels and attributes, integers beyond a double's included", () => {
  const captured = { attributes: { order: 9007199254740993n, list: [1] }, missing: ["m"], cut: ["c"] };
  const told = ended({ v: 1, action: "a@1", customer: { id: 1 }, labels: ["vip"] }, { captured });

  expect(there(told)).toMatchObject({ labels: ["vip"], ...captured });
});

test("what was never sent has no status, and what failed its reason", () => {
  const outcome: Outcome = { ...DELIVERED, outcome: "failed", reason: "connect", status: null };

  expect(there(ended({ v: 1, action: "a@1", customer: { id: 1 } }, { outcome }))).toMatchObject({
    outcome: "failed",
    reason: "connect",
    status: null,
  });
});

test("of a sealed delivery the customer and what was captured are sealed, and open with the key alone", () => {
  const keys = parseSecretKeys(`k1:${randomBytes(32).toString("base64")}`);
  if ("problem" in keys) throw new Error(keys.problem);
  const sealer = createSealer(keys);
  const { packed } = packDelivery(
    { v: 1, action: "a@1", customer: { id: "ann@example.com" }, run: "r", labels: ["vip"] },
    sealer,
  );
  const captured = { attributes: { name: "Ann" }, missing: [], cut: [] };
  const told = ended(packed, { captured, customerId: "ann@example.com" });
  const text = encodeOutcomeEntry(told, sealer);

  expect(text).not.toMatch(/ann/i);
  expect(there(told, sealer)).toMatchObject({ customer: "ann@example.com", attributes: { name: "Ann" } });
  expect(there(told, sealer, NO_KEY)).toMatchObject({ customer: null, attributes: {}, labels: ["vip"] });
});
