import { createSampling } from "@postrider/shared/tracing/sampling";
import { parseTraceparent, toTraceparent } from "@postrider/shared/tracing/trace-context";
import { expect, test } from "vitest";
import { createDeliveryTracing } from "./delivery-tracing.ts";

const NOBODY = {
  tracing: { add: () => undefined },
  log: { warn: () => undefined, info: () => undefined },
};
const ids = Array.from({ length: 20_000 }, (_, index) => `rABCDEFG.${index}`);
const AT = 1_764_000_000_000;

test("processes agree about each delivery, and a higher ratio keeps what a lower one keeps", () => {
  const [one, other] = [1, 2].map(() => createDeliveryTracing({ ...NOBODY, ratio: 0.1, propagates: true }));
  const higher = createDeliveryTracing({ ...NOBODY, ratio: 0.2, propagates: true });
  const kept = ids.filter((id) => one?.begin(id, AT) !== null);

  expect(ids.filter((id) => other?.begin(id, AT) !== null)).toEqual(kept);
  expect(kept.every((id) => higher.begin(id, AT) !== null)).toBe(true);
  // Within five standard deviations.
  expect(Math.abs(kept.length - 2_000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9));
});

test("attempts share trace and root, have spans of their own, and a replay begins a new trace", () => {
  const tracing = createDeliveryTracing({ ...NOBODY, ratio: 1, propagates: true });
  const [first, second, replay] = [AT, AT, AT + 1].map((at) => tracing.begin("rABCDEFG.x", at));

  expect(second).toMatchObject({ traceId: first?.traceId, rootSpanId: first?.rootSpanId });
  expect(second?.spanId).not.toBe(first?.spanId);
  expect(replay?.traceId).not.toBe(first?.traceId);
  expect(parseTraceparent(first?.traceparent)).toEqual({
    ...{ traceId: first?.traceId, spanId: first?.sendSpanId, isSampled: true },
  });
});

test("a ratio of 0 keeps nothing, of 1 everything, and receivers are told where that is wished", () => {
  const begin = (ratio: number) =>
    createDeliveryTracing({ ...NOBODY, ratio, propagates: false }).begin("rABCDEFG.x", AT);
  expect(begin(0)).toBeNull();
  expect(begin(1)?.traceparent).toBeNull();
  for (const traceId of ["0".repeat(32), "f".repeat(32)]) expect(createSampling(1)(traceId)).toBe(true);
  expect(createSampling(0)("f".repeat(32))).toBe(false);
});

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test.each([
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`00-${TRACE}-${SPAN}-03`, true],
  [`cc-${TRACE}-${SPAN}-01-later`, true],
  [`00-${TRACE}-${SPAN}-01-later`, null],
  [`ff-${TRACE}-${SPAN}-01`, null],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, null],
  [`00-${"0".repeat(32)}-${SPAN}-01`, null],
  [`00-${TRACE}-${"0".repeat(16)}-01`, null],
  [`00-${TRACE}-${SPAN}`, null],
  [["00"], null],
  [undefined, null],
])("traceparent %j", (text, isSampled) => {
  const parsed = parseTraceparent(text);
  expect(parsed?.isSampled ?? null).toBe(isSampled);
  if (parsed !== null) expect(toTraceparent(parsed)).toBe(`00-${TRACE}-${SPAN}-${isSampled ? "01" : "00"}`);
});
