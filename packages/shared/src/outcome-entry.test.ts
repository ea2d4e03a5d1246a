import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type Delivery, newDeliveryId, packDelivery, toDeliveryId } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import { createHeads, type Ended, openOutcome, parseOutcomeEntry, toTold } from "./outcome-entry.ts";
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

/** The text of an entry that tells of these. */
function toEntry(all: readonly Ended[], sealer = NO_KEY): string {
  const heads = createHeads();
  const outcomes = all.map((one) => heads.place(toTold(one, sealer)));
  return `[${[heads.heads(), ...outcomes].join(",")}]`;
}

function there(told: Ended, sealer = NO_KEY, reader = sealer) {
  const [stored] = parseOutcomeEntry(toEntry([told], sealer));
  if (stored === undefined) throw new Error("tells of none");
  return openOutcome(stored, told.outcome.endedAt, reader);
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
});

test("deliveries of a run that ended together say once what they have in common, and take few bytes each", () => {
  const all = Array.from({ length: 50 }, (_, nth) =>
    ended({
      v: 1,
      action: nth === 7 ? "welcome@4" : "welcome@3",
      customer: { id: `c-${nth}` },
      run: "spring",
    }),
  );
  const text = toEntry(all);

  const told = parseOutcomeEntry(text).map((one) => openOutcome(one, 0, NO_KEY));
  expect(told.map(({ id, action, customer }) => [id, action, customer])).toEqual(
    all.map(({ id, delivery: { action, customer } }) => [id, action, customer.id]),
  );
  expect(text.length / all.length).toBeLessThan(60);
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
  const text = toEntry([told], sealer);

  expect(text).not.toMatch(/ann/i);
  expect(there(told, sealer)).toMatchObject({ customer: "ann@example.com", attributes: { name: "Ann" } });
  expect(there(told, sealer, NO_KEY)).toMatchObject({ customer: null, attributes: {}, labels: ["vip"] });
});
