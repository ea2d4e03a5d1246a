// `npm run bench:packed`: what it brings and costs that Redis keeps waiting deliveries packed, by the size of
// their data. The bounds take turns within each round, so that a machine that changes its speed changes it
// for all of them.

import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { BASE } from "./curves/axes.ts";
import { measurePoint } from "./curves/curve-point.ts";
import type { Bench } from "./measure.ts";
import { measureWaiting } from "./paced.ts";
import { checkSystem, measureAlone, openStand } from "./stand.ts";
import { formatSpread, toSpread } from "./statistics.ts";

/** Bytes of a customer. */
const PAYLOADS = [200, 1_000, 4_000, 16_000];
/** Of `hash-max-listpack-value`: Redis' own, what we set, and one that packs whatever there is. */
const BOUNDS = [64, 2_048, 65_536];
const WAITING = 5_000;
const DELIVERED = 10_000;

interface Row {
  readonly payloadBytes: number;
  readonly bound: number;
  readonly waitingBytes: number[];
  readonly redisMicros: number[];
}

async function run(rounds: number): Promise<void> {
  const bench = await openStand(BASE.inFlight, console.error);
  const redis = new Redis(bench.world.redisUrl);
  const rows = PAYLOADS.flatMap((payloadBytes) =>
    BOUNDS.map((bound): Row => ({ payloadBytes, bound, waitingBytes: [], redisMicros: [] })),
  );
  try {
    for (let round = 1; round <= rounds; round++)
      for (const row of rows) {
        await redis.config("SET", "hash-max-listpack-value", row.bound);
        await measure(bench, row);
        console.error(`round ${round} of ${rounds}: ${row.payloadBytes} bytes, up to ${row.bound} packed`);
      }
  } finally {
    redis.disconnect();
  }
  print(rows);
}

async function measure(bench: Bench, { payloadBytes, waitingBytes, redisMicros }: Row): Promise<void> {
  waitingBytes.push(await measureWaiting(bench, { payloadBytes, count: WAITING }));
  const setting = { ...BASE, payloadBytes, backlog: DELIVERED, measured: DELIVERED, warmUp: 2_000 };
  redisMicros.push((await measurePoint(bench, payloadBytes, setting)).redisMicros);
}

function print(rows: readonly Row[]): void {
  console.log("| bytes of a customer | packed up to | bytes waiting | Redis µs a delivery |");
  console.log("| ---: | ---: | ---: | ---: |");
  for (const { payloadBytes, bound, waitingBytes, redisMicros } of rows)
    console.log(
      `| ${payloadBytes} | ${bound} | ${Math.round(toSpread(waitingBytes).median)} | ${formatSpread(toSpread(redisMicros))} |`,
    );
}

await measureAlone("bench:packed", async () => {
  const { values } = parseArgs({ options: { rounds: { type: "string" } } });
  checkSystem();
  await run(Number(values.rounds ?? 3));
});
