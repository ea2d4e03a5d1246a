import { type ConcurrencyPart, concurrencyIn } from "@postrider/shared/concurrency-part";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type InFlightParts, type InFlightTold, planParts } from "./in-flight-parts.ts";

const LANE = "d";
const SECOND_MS = 1_000;

/** A shard as it really is, beside what it has told of itself. */
interface Place {
  known: ConcurrencyPart | undefined;
  inFlight: number;
  waiting: number;
}

/** Shards that tell, hear, fall silent and stand still in any order. */
function install(waits: readonly number[], limitFirst: number) {
  let limit = limitFirst;
  let now = 0;
  const places: Place[] = waits.map((waiting) => ({ known: undefined, inFlight: 0, waiting }));
  const names = places.map((_, nth) => String(nth));
  const told = new Map<string, InFlightTold>();
  const gone = new Set<string>();
  /** The latest last: who stands still hears of an earlier one. */
  const said: InFlightParts[] = [{}];

  const at = (nth: number): Place => places[nth % places.length] as Place;
  const sizeOf = (nth: number): number => concurrencyIn(limit, at(nth).known, places.length);
  const everybody = (act: (nth: number) => void): void => {
    for (const nth of places.keys()) act(nth);
  };
  const installation = {
    places,
    sizeOf,
    everybody,
    setLimit(next: number): void {
      limit = next;
    },
    inFlight: (): number => places.reduce((sum, place) => sum + place.inFlight, 0),
    arrive(nth: number, count = 100): void {
      at(nth).waiting += count;
    },
    claim(nth: number): void {
      const place = at(nth);
      const claimed = Math.min(place.waiting, Math.max(0, sizeOf(nth) - place.inFlight));
      place.waiting -= claimed;
      place.inFlight += claimed;
    },
    end(nth: number): void {
      at(nth).inFlight = Math.max(0, at(nth).inFlight - 1);
    },
    tell(nth: number): void {
      const { known, inFlight, waiting } = at(nth);
      const { of = 0, version = 0, size: raw = 0 } = known ?? {};
      const wanted = waiting + inFlight;
      const one = { limit, wanted, size: sizeOf(nth), peak: Math.max(inFlight, raw), of, version };
      told.set(names[nth % places.length] ?? "", wanted === 0 && known === undefined ? {} : { [LANE]: one });
    },
    /** @param silent a shard that does not reach the store; null: all do, or have. */
    plan(silent: number | null = null, ms = SECOND_MS): void {
      now += ms;
      if (told.size < places.length) return;
      const heard = new Map(
        [...told].filter(([name]) => silent === null || name !== names[silent % places.length]),
      );
      said.push(planParts(said.at(-1) ?? {}, { shards: names, told: heard, gone, now }));
    },
    lose: (nth: number): void => void gone.add(names[nth] ?? ""),
    said: (): InFlightParts => said.at(-1) ?? {},
    /** @param ago how many sayings ago it has read what it goes by. */
    hear(nth: number, ago = 0): void {
      const place = at(nth);
      const one = said[Math.max(0, said.length - 1 - ago)]?.[LANE]?.parts[names[nth % places.length] ?? ""];
      if (one === undefined && place.known?.size === 0) place.known = undefined;
      if (one === undefined || one.version <= (place.known?.version ?? 0)) return;
      place.known = { size: one.size, of: one.of, version: one.version, shards: places.length };
    },
    /** What every second brings where nobody is late. */
    round(): void {
      everybody((nth) => installation.tell(nth));
      installation.plan();
      everybody((nth) => installation.hear(nth));
      everybody((nth) => installation.claim(nth));
    },
    sizes: (): number[] => places.map((_, nth) => sizeOf(nth)),
  };
  return installation;
}

type Installation = ReturnType<typeof install>;

function rounds(installation: Installation, count: number): void {
  for (let nth = 0; nth < count; nth++) installation.round();
}

const ACTS = [
  "arrive",
  "claim",
  "end",
  "tell",
  "tellAll",
  "plan",
  "plan",
  "silence",
  "hear",
  "limit",
] as const;
const steps = fc.array(
  fc.record({
    act: fc.constantFrom(...ACTS),
    nth: fc.nat(5),
    ago: fc.nat(3),
    limit: fc.integer({ min: 1, max: 20 }),
  }),
  { minLength: 50, maxLength: 300, size: "max" },
);
type Step = {
  readonly act: (typeof ACTS)[number];
  readonly nth: number;
  readonly ago: number;
  readonly limit: number;
};

function carryOut(installation: Installation, { act, nth, ago, limit }: Step): void {
  if (act === "tellAll") installation.everybody((one) => installation.tell(one));
  else if (act === "silence") installation.plan(nth);
  else if (act === "plan") installation.plan();
  else if (act === "hear") installation.hear(nth, ago);
  else if (act === "limit") installation.setLimit(limit);
  else installation[act](nth);
}

const installations = fc.record({
  waiting: fc.array(fc.nat(30), { minLength: 2, maxLength: 6 }),
  limit: fc.integer({ min: 1, max: 20 }),
});

test("however late anybody tells or hears, a limit is never exceeded", () => {
  fc.assert(
    fc.property(installations, steps, fc.boolean(), ({ waiting, limit }, all, isMoved) => {
      const installation = install(waiting, limit);
      const over: number[] = [];
      let allowed = limit;
      for (const step of all) {
        if (step.act === "limit" && !isMoved) continue;
        // Of a limit that was lowered more may be in flight until they have ended.
        if (step.act === "limit") allowed = Math.max(allowed, step.limit);
        carryOut(installation, step);
        if (installation.inFlight() > allowed) over.push(installation.inFlight());
      }
      expect(over).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("all that waits is sent, and as many are in flight as may be once the parts have settled", () => {
  fc.assert(
    fc.property(installations, ({ waiting, limit }) => {
      const installation = install(waiting, limit);
      rounds(installation, 5);
      const wanted = waiting.reduce((sum, one) => sum + one, 0);
      const idle = waiting.filter((one) => one === 0).length;
      // A shard in which nothing waits keeps one, if there is one for each.
      expect(installation.inFlight()).toBeGreaterThanOrEqual(Math.min(wanted, Math.max(1, limit - idle)));
      for (let nth = 0; nth < 2_000 && installation.places.some((place) => place.waiting > 0); nth++) {
        installation.everybody((one) => installation.end(one));
        installation.round();
      }
      expect(installation.places.map((place) => place.waiting)).toEqual(waiting.map(() => 0));
    }),
    { numRuns: 200 },
  );
});

test.each([
  [12, [19, 0, 0, 0], [9, 1, 1, 1]],
  [12, [1_000, 1_000, 0, 0], [5, 5, 1, 1]],
  [8, [3, 1, 0, 0], [4, 2, 1, 1]],
])("of %i, wanted as %j, each has what fits it", (limit, waiting, sizes) => {
  const installation = install(waiting, limit);
  rounds(installation, 3);
  expect([...installation.sizes()].sort()).toEqual([...sizes].sort());
  expect(installation.sizes()[0]).toBe(sizes[0]);
});

test("parts that fit stay as they are, however what is wanted goes up and down", () => {
  const installation = install([50, 50, 50, 50], 40);
  rounds(installation, 5);
  const before = installation.said();
  for (let nth = 0; nth < 20; nth++) {
    installation.arrive(nth, 5);
    installation.round();
  }
  expect(installation.said()[LANE]?.parts).toEqual(before[LANE]?.parts);
});

test("a limit that is lowered holds at once, and one that is raised is used", () => {
  const installation = install([1_000_000, 2, 2, 2], 12);
  rounds(installation, 5);
  const sum = (): number => installation.sizes().reduce((all, size) => all + size, 0);
  for (const limit of [4, 40, 2, 12]) {
    installation.setLimit(limit);
    expect(sum()).toBeLessThanOrEqual(limit);
    for (let nth = 0; nth < 5; nth++) {
      for (const place of installation.places) place.inFlight = 0;
      installation.round();
    }
    expect(sum()).toBe(limit);
  }
});

test.each([
  [2, 20],
  [3, 30],
  [4, 40],
])(
  "of %i shards that want the only one, each has it as often, also where a request takes %i s",
  (count, lastsS) => {
    const installation = install(Array(count).fill(1_000_000), 1);
    const served = installation.places.map(() => 0);
    const ages = installation.places.map(() => 0);
    for (let second = 0; second < 3_600; second++) {
      for (const [nth, place] of installation.places.entries()) {
        ages[nth] = place.inFlight === 0 ? 0 : (ages[nth] ?? 0) + 1;
        if (ages[nth] !== lastsS) continue;
        installation.end(nth);
        ages[nth] = 0;
        served[nth] = (served[nth] ?? 0) + 1;
      }
      installation.round();
    }
    const even = 3_600 / lastsS / count;
    expect(Math.min(...served)).toBeGreaterThan(0.75 * even);
  },
);

test("a shard that is silent keeps its part, and the others share what is left", () => {
  const installation = install([9, 9, 9], 3);
  rounds(installation, 3);
  expect(installation.sizes()).toEqual([1, 1, 1]);
  installation.places[1] = { ...(installation.places[1] as Place), waiting: 0 };
  for (let nth = 0; nth < 30; nth++) {
    for (const one of [1, 2]) {
      installation.tell(one);
      installation.end(one);
    }
    installation.plan(0);
    for (const one of [1, 2]) installation.hear(one);
    for (const one of [1, 2]) installation.claim(one);
    expect(installation.inFlight()).toBeLessThanOrEqual(3);
  }
  expect(installation.places[2]?.waiting).toBe(0);
  expect(installation.sizes()[0]).toBe(1);
});

test("what a shard held that has been silent for long is the others'", () => {
  const installation = install([50, 0, 0], 2);
  rounds(installation, 3);
  expect(installation.sizes()).toEqual([2, 0, 0]);
  installation.arrive(1);
  const others = (): void => {
    for (const one of [1, 2]) installation.tell(one);
    installation.plan(0);
    for (const one of [1, 2]) installation.hear(one);
  };
  others();
  expect(installation.sizes()).toEqual([2, 0, 0]);
  installation.lose(0);
  others();
  expect(installation.sizes().slice(1)).toEqual([1, 1]);
});

test("what nobody wants any more is forgotten after a while", () => {
  const installation = install([5, 0], 3);
  rounds(installation, 3);
  for (const place of installation.places) Object.assign(place, { inFlight: 0, waiting: 0 });
  rounds(installation, 120);
  expect(installation.said()).toEqual({});
  installation.arrive(1);
  rounds(installation, 3);
  expect(installation.inFlight()).toBeGreaterThanOrEqual(2);
});
