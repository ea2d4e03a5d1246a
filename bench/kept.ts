// What it costs to keep of deliveries what others ask for later (outcomes for their readers, the index of
// customers, roll-ups for charts): the complete Postrider against one that keeps less, round by round.

import type { Measurement } from "./measure.ts";
import { formatSpread, type Spread, toSpread } from "./statistics.ts";

/** What is left out in these cases. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "keeping-nothing": "outcomes, customers and roll-ups together",
  "no-outcomes": "outcomes for their readers",
  "no-customers": "the index of customers",
  "no-roll-ups": "roll-ups for charts",
};

export interface KeptCost {
  readonly nodeMicros: Spread;
  readonly redisMicros: Spread;
  /** Of the CPU time of a delivery, node's and Redis' together. */
  readonly share: Spread;
  readonly bytes: Spread;
}

/** By what is kept; none where the complete Postrider was not measured beside it. */
export function toKept(deliveries: ReadonlyMap<string, readonly Measurement[]>): Map<string, KeptCost> {
  const complete = deliveries.get("postrider") ?? [];
  const costs = new Map<string, KeptCost>();
  for (const [name, what] of Object.entries(LEFT_OUT)) {
    const less = deliveries.get(name) ?? [];
    if (complete.length > 0 && complete.length === less.length) costs.set(what, toCost(complete, less));
  }
  return costs;
}

function toCost(complete: readonly Measurement[], less: readonly Measurement[]): KeptCost {
  const difference = (of: (measurement: Measurement) => number): Spread =>
    toSpread(complete.map((one, round) => of(one) - of(less[round] ?? one)));
  const micros = (one: Measurement): number => one.nodeMicrosPerDelivery + one.redisMicrosPerDelivery;
  return {
    nodeMicros: difference(({ nodeMicrosPerDelivery }) => nodeMicrosPerDelivery),
    redisMicros: difference(({ redisMicrosPerDelivery }) => redisMicrosPerDelivery),
    share: toSpread(complete.map((one, round) => 1 - micros(less[round] ?? one) / micros(one))),
    bytes: difference(({ keptBytesPerDelivery }) => keptBytesPerDelivery),
  };
}

/** The lines for people. */
export function describeKept(deliveries: ReadonlyMap<string, readonly Measurement[]>): string {
  return [...toKept(deliveries)]
    .map(([what, { nodeMicros, redisMicros, share, bytes }]) => {
      const percent = toPercent(share);
      return `${what}: node ${formatSpread(nodeMicros, 1)} µs, Redis ${formatSpread(redisMicros, 1)} µs, ${formatSpread(percent, 1)} % of a delivery; ${formatSpread(bytes)} bytes of Redis per ended delivery`;
    })
    .join("\n");
}

function toPercent({ median, min, max }: Spread): Spread {
  return { median: 100 * median, min: 100 * min, max: 100 * max };
}
