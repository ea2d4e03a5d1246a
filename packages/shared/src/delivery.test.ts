import fc from "fast-check";
import { expect, test } from "vitest";
import { newDeliveryId, parseCustomer, parseRunId, toDeliveryId, toRunTag } from "./delivery.ts";
import { decodeMark, encodeOutcome, REASON_NAMES, toLaneMark } from "./outcome.ts";

test("the same run and customer, or the same key, give the same id", () => {
  expect(toDeliveryId({ run: "r", customerId: 7 })).toBe(toDeliveryId({ run: "r", customerId: "7" }));
  expect(toDeliveryId({ key: "k" })).toBe(toDeliveryId({ key: "k" }));
  expect(newDeliveryId()).not.toBe(newDeliveryId());
});

test("ids are safe in headers, Redis keys, BullMQ and command lines, and begin with their run's tag", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (run, customerId) => {
      const id = toDeliveryId({ run, customerId });
      for (const one of [id, toDeliveryId({ key: customerId })])
        expect(one).toMatch(/^[a-z][A-Za-z0-9_-]{7}\.[A-Za-z0-9_-]{22}$/);
      expect(id.startsWith(`${toRunTag(run)}.`)).toBe(true);
    }),
  );
});

test("run and customer cannot be confused with each other's ends", () => {
  expect(toDeliveryId({ run: "a", customerId: "b\0c" })).not.toBe(
    toDeliveryId({ run: "a\0b", customerId: "c" }),
  );
});

test.each([null, [], "x", 1, {}, { id: "" }, { id: null }, { id: Number.NaN }, { id: {} }])(
  "%j is no customer",
  (value) => {
    expect(() => parseCustomer(value)).toThrow(/id/);
  },
);

test.each(["", "a b", "-a", "a/b", "x".repeat(101)])("%j is no run id", (run) => {
  expect(() => parseRunId(run)).toThrow(/run:/);
});

test("an outcome's mark reads back", () => {
  for (const reason of REASON_NAMES) {
    const outcome = {
      outcome: "failed",
      reason,
      status: null,
      attempts: 3,
      endedAt: 1_700_000_000_000,
    } as const;
    expect(decodeMark(encodeOutcome(outcome))).toEqual({ kind: "ended", ...outcome });
  }
  expect(decodeMark("nonsense")).toBeNull();
  expect(decodeMark(toLaneMark("bulk"))).toEqual({ kind: "in", lane: "bulk", isReleased: false });
});
