import { type ConcurrencyPart, concurrencyIn, evenConcurrency } from "@postrider/shared/concurrency-part";
import { toEvenPart } from "@postrider/shared/rate-part";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type InFlightParts, type InFlightTold, planParts } from "./in-flight-parts.ts";

const LANE = "d";

/** A shard as it really is, beside what it has told of itself. */
interface Place {
  limit: number;
  known: ConcurrencyPart | undefined;
  inFlight: number;
  waiting: number;
}

/** Shards that tell, plan, hear and stand still in any order. */
class Installation {
  readonly places: Place[];
  readonly #told = new Map<string, InFlightTold>();
  /** What was said, the latest last: who stands still hears of an earlier one. */
  readonly #said: InFlightParts[] = [{}];
  #now = 0;

  constructor(waiting: readonly number[], limit: number) {
    this.places = waiting.map((one) => ({ limit, known: undefined, inFlight: 0, waiting: one }));
  }

  get #names(): string[] {
    return this.places.map((_, nth) => String(nth));
  }

  mostOf(nth: number): number {
    const place = this.#placeOf(nth);
    return concurrencyIn(place.limit, place.known, toEvenPart(this.places.length, nth));
  }

  claim(nth: number): void {
    const place = this.#placeOf(nth);
    const claimed = Math.min(place.waiting, Math.max(0, this.mostOf(nth) - place.inFlight));
    place.waiting -= claimed;
    place.inFlight += claimed;
  }

  arrive(nth: number): void {
    this.#placeOf(nth).waiting += 100;
  }

  end(nth: number): void {
    const place = this.#placeOf(nth);
    place.inFlight = Math.max(0, place.inFlight - 1);
  }

  tell(nth: number): void {
    const { limit, known, inFlight, waiting } = this.#placeOf(nth);
    const { of = 0, version = 0 } = known ?? {};
    const told = { limit, wanted: waiting + inFlight, inFlight, size: this.mostOf(nth), of, version };
    this.#told.set(String(nth), { [LANE]: told });
  }

  tellAll(): void {
    this.everybody((nth) => this.tell(nth));
  }

  plan(): void {
    this.#now += 1_000;
    if (this.#told.size < this.places.length) return;
    const wanted = this.#names.map((name) => this.#told.get(name)?.[LANE]?.wanted ?? 0);
    const weights = (): number[] => wanted.map((one) => 1 + one);
    this.#said.push(
      planParts(this.#said.at(-1) ?? {}, { shards: this.#names, told: this.#told, weights, now: this.#now }),
    );
  }

  /** @param ago how many sayings ago it has read what it goes by. */
  hear(nth: number, ago: number): void {
    const place = this.#placeOf(nth);
    const said = this.#said[Math.max(0, this.#said.length - 1 - ago)]?.[LANE]?.[String(nth)];
    if (said === undefined || said.version <= (place.known?.version ?? 0)) return;
    place.known = { size: said.size, of: said.of, version: said.version, shards: this.places.length };
  }

  everybody(act: (nth: number) => void): void {
    for (const nth of this.places.keys()) act(nth);
  }

  inFlight(): number {
    return this.places.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  #placeOf(nth: number): Place {
    const place = this.places[nth];
    if (place === undefined) throw new Error(`there is no shard ${nth}`);
    return place;
  }
}

const steps = fc.array(
  fc.record({
    act: fc.constantFrom("arrive", "claim", "end", "tell", "tellAll", "plan", "plan", "hear" as const),
    nth: fc.nat(5),
    ago: fc.nat(3),
  }),
  { minLength: 50, maxLength: 300, size: "max" },
);
const installations = fc.record({
  waiting: fc.array(fc.nat(30), { minLength: 2, maxLength: 6 }),
  limit: fc.integer({ min: 1, max: 20 }),
});

test("even parts are the limit together, and differ by one at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 50 }), (limit, count) => {
      const sizes = Array.from({ length: count }, (_, nth) => evenConcurrency(limit, toEvenPart(count, nth)));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(limit);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test("however late anybody tells or hears, the limit is never exceeded", () => {
  fc.assert(
    fc.property(installations, steps, ({ waiting, limit }, all) => {
      const installation = new Installation(waiting, limit);
      let most = 0;
      for (const { act, nth: any, ago } of all) {
        const nth = any % waiting.length;
        if (act === "hear") installation.hear(nth, ago);
        else installation[act](nth);
        most = Math.max(most, installation.inFlight());
      }
      expect(most).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 300 },
  );
});

test("all that waits has its turn, and as many are in flight as may be once the parts have settled", () => {
  fc.assert(
    fc.property(installations, ({ waiting, limit }) => {
      const installation = new Installation(waiting, limit);
      const round = (): void => {
        installation.tellAll();
        installation.plan();
        installation.everybody((nth) => installation.hear(nth, 0));
        installation.everybody((nth) => installation.claim(nth));
      };
      for (let rounds = 0; rounds < 5; rounds++) round();
      const isAnyLeft = installation.places.some((place) => place.waiting > 0);
      const idle = installation.places.filter((place) => place.waiting === 0).length;
      // A shard where nothing waits keeps one, if there is one for each.
      if (isAnyLeft) expect(installation.inFlight()).toBeGreaterThanOrEqual(limit - idle);
      for (
        let rounds = 0;
        rounds < 2_000 && installation.places.some(({ waiting: left }) => left > 0);
        rounds++
      ) {
        installation.everybody((nth) => installation.end(nth));
        round();
      }
      expect(installation.places.map(({ waiting: left }) => left)).toEqual(waiting.map(() => 0));
    }),
    { numRuns: 200 },
  );
});

test("a limit that is lowered holds at once, and one that is raised is used", () => {
  const installation = new Installation([1_000_000, 2, 2, 2], 12);
  const round = (): void => {
    installation.tellAll();
    installation.plan();
    installation.everybody((nth) => installation.hear(nth, 0));
    installation.everybody((nth) => installation.claim(nth));
  };
  for (let rounds = 0; rounds < 5; rounds++) round();
  expect(installation.mostOf(0)).toBeGreaterThan(6);
  const sum = (): number => installation.places.reduce((all, _, nth) => all + installation.mostOf(nth), 0);
  for (const limit of [4, 40, 2, 12]) {
    for (const place of installation.places) place.limit = limit;
    expect(sum()).toBeLessThanOrEqual(limit);
    for (let rounds = 0; rounds < 3; rounds++) {
      installation.everybody((nth) => {
        while ((installation.places[nth]?.inFlight ?? 0) > 0) installation.end(nth);
      });
      round();
    }
    expect(sum()).toBe(limit);
  }
});
