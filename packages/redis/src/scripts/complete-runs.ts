// Completes closed runs of which nothing is left, where the step that should have done it did not know of
// runs' ends: as in a rolling update from a release without them.

import type { Shard } from "../shard.ts";
import { COMPLETE_RUN } from "./run-fragments.ts";

/** The newest runs, of one audit. */
const RUNS_MAX = 200;

/** Input: KEYS events, totals, runs. */
const COMPLETE_ALL = `
local events, totals = KEYS[1], KEYS[2]
${COMPLETE_RUN}
for i = 3, #KEYS do complete(KEYS[i]) end
`;

export async function completeRuns(shard: Shard): Promise<void> {
  const runs = await shard.redis.zrevrange(shard.keys.runs(), 0, RUNS_MAX - 1);
  if (runs.length === 0) return;
  const names = [shard.keys.events(), shard.keys.totals(), ...runs.map((run) => shard.keys.run(run))];
  await shard.redis.eval(COMPLETE_ALL, names.length, ...names);
}
