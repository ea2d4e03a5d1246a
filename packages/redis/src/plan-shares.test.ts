import { expect, test } from "vitest";
import { planNext, planShares, type SharesDocument, type Told, toShare } from "./plan-shares.ts";
import { KNOWN_TO_ALL_MS } from "./shard-map.ts";

const SHARDS = ["0", "1", "2", "3"];
const GONE = new Set<string>();
const NOTHING: SharesDocument = { shards: [], lanes: {} };

function demandsOf(...waiting: number[]): ReadonlyMap<string, Told> {
  return new Map(SHARDS.map((shard, index) => [shard, { demand: { d: waiting[index] ?? 0 } }]));
}

function sizesOf(document: SharesDocument): number[] {
  return SHARDS.map((shard) => document.lanes["d"]?.sizes[shard] ?? 0);
}

test("where one shard of four has all that waits it has nearly all, and the others enough to begin", () => {
  const document = planShares(NOTHING, {
    shards: SHARDS,
    gone: GONE,
    told: demandsOf(5_000, 0, 0, 0),
    now: 1_000,
  });
  expect(sizesOf(document)).toEqual([77, 1, 1, 1]);
  expect(document.lanes["d"]).toMatchObject({ at: 1_000 + KNOWN_TO_ALL_MS, before: null });
  const parts = SHARDS.map((shard) => toShare(document, "d", shard)?.part);
  expect(parts.map((part) => (part?.to ?? 0) - (part?.from ?? 0))).toEqual([77, 1, 1, 1]);
  expect(toShare(document, "d", "9")).toBeUndefined();
});

test("what waits evenly, or hardly at all, is not shared out anew", () => {
  for (const demands of [demandsOf(100, 110, 95, 100), demandsOf(5, 0, 0, 0), demandsOf()])
    expect(planShares(NOTHING, { shards: SHARDS, gone: GONE, told: demands, now: 0 }).lanes).toEqual({});
});

test("a change follows one that all know, names what was before, and little ones wait", () => {
  const first = planShares(NOTHING, { shards: SHARDS, gone: GONE, told: demandsOf(1_000, 0, 0, 0), now: 0 });
  const moved = demandsOf(0, 1_000, 0, 0);
  expect(planShares(first, { shards: SHARDS, gone: GONE, told: moved, now: KNOWN_TO_ALL_MS - 1 })).toEqual(
    first,
  );
  const second = planShares(first, { shards: SHARDS, gone: GONE, told: moved, now: KNOWN_TO_ALL_MS });
  expect(sizesOf(second)).toEqual([1, 77, 1, 1]);
  expect(second.lanes["d"]?.before).toEqual(first.lanes["d"]?.sizes);
  const little = planShares(first, {
    shards: SHARDS,
    gone: GONE,
    told: demandsOf(1_000, 10, 0, 0),
    now: 6_000,
  });
  expect(little).toEqual(first);
});

test("what is still needed is renewed before it ends; what is not ends by itself", () => {
  const first = planShares(NOTHING, { shards: SHARDS, gone: GONE, told: demandsOf(1_000, 0, 0, 0), now: 0 });
  const until = first.lanes["d"]?.until ?? 0;
  const renewed = planShares(first, {
    shards: SHARDS,
    gone: GONE,
    told: demandsOf(900, 0, 0, 0),
    now: until - 5_000,
  });
  expect(renewed.lanes["d"]?.until).toBeGreaterThan(until);
  expect(sizesOf(renewed)).toEqual(sizesOf(first));
  const done = planShares(first, { shards: SHARDS, gone: GONE, told: new Map(), now: until - 5_000 });
  expect(done.lanes["d"]?.until).toBe(until);
  expect(planShares(first, { shards: SHARDS, gone: GONE, told: new Map(), now: until }).lanes).toEqual({});
});

test("with another number of shards it begins anew", () => {
  const first = planShares(NOTHING, { shards: SHARDS, gone: GONE, told: demandsOf(1_000, 0, 0, 0), now: 0 });
  const more = [...SHARDS, "4"];
  const demands = new Map<string, Told>([...demandsOf(1_000, 0, 0, 0), ["4", { demand: { d: 0 } }]]);
  const second = planShares(first, { shards: more, gone: GONE, told: demands, now: 10_000 });
  expect(second.lanes["d"]).toMatchObject({ before: null, at: 10_000 + KNOWN_TO_ALL_MS });
});

test("while a shard does not have the lane all keep to even parts: it would begin with its own", () => {
  const three = new Map([...demandsOf(5_000, 0, 0, 0)].slice(0, 3));
  const demands = new Map<string, Told>([...three, ["3", { demand: {} }]]);
  expect(planShares(NOTHING, { shards: SHARDS, gone: GONE, told: demands, now: 0 }).lanes).toEqual({});
  const uneven = planShares(NOTHING, { shards: SHARDS, gone: GONE, told: demandsOf(5_000, 0, 0, 0), now: 0 });
  expect(sizesOf(planShares(uneven, { shards: SHARDS, gone: GONE, told: demands, now: 10_000 }))).toEqual([
    20, 20, 20, 20,
  ]);
});

/** Both shards of two want all of a limit; each tells at these times (Unix ms), as often as it is planned. */
function plan(
  document: SharesDocument,
  now: number,
  toldAt: Readonly<Record<string, number>>,
): SharesDocument {
  const inFlight = { d: { limit: 4, wanted: 9, size: 0, peak: 0, of: 0, version: 0 } };
  const tellings = new Map(
    Object.entries(toldAt).map(([shard, at]) => [shard, { at, told: { demand: {}, inFlight } }] as const),
  );
  return planNext(document, { shards: ["0", "1"], tellings, now });
}

const saidOf = ({ inFlight }: SharesDocument) => Object.keys(inFlight ?? {});

test("nothing of a limit in flight is said before all have told, or have been silent for long", () => {
  let document = NOTHING;
  for (let now = 1_000_000; now < 1_110_000; now += 1_000) {
    document = plan(document, now, { "0": now });
    expect(saidOf(document)).toEqual([]);
  }
  for (let now = 1_110_000; now < 1_130_000; now += 1_000) document = plan(document, now, { "0": now });
  expect(document.inFlight?.["d"]?.parts["0"]?.size).toBe(4);
});

test("one that told long ago is not gone where nobody has said anything since", () => {
  const before = plan(NOTHING, 1_000, { "0": 1_000, "1": 1_000 });
  expect(saidOf(before)).toEqual(["d"]);
  const later = plan(before, 9_000_000, { "0": 9_000_000, "1": 1_000 });
  expect(later).toMatchObject({ isComplete: false, inFlight: before.inFlight });
  expect(plan(later, 9_001_000, { "0": 9_001_000, "1": 9_001_000 }).isComplete).toBe(true);
});
