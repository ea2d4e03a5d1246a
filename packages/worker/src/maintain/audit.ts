// What one worker does for all from time to time: dissolves own lanes that are calm and empty, brings back
// into the registry a lane in which deliveries lie although nobody knows it, and holds the ledger's counts
// against what lies in the lanes. Which worker that is changes each time, so what an audit must know of the
// one before stands in Redis.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { completeRuns } from "@postrider/redis/scripts/complete-runs";
import type { Shard, Store } from "@postrider/redis/shard";
import type { Logger } from "@postrider/shared/log";
import type { AuditFindings } from "../record/metrics.ts";
import { findUnservedLanes, type Imbalance, weighAll } from "./balance.ts";
import { dissolveCalm, dropArchived, dropSuperseded, forgetRuns, keepRuns } from "./dissolve.ts";
import { healStranded } from "./orphans.ts";
import { RUNS_MAX, weighRuns } from "./run-balance.ts";

/** Lanes that one log line names. */
const NAMED_MAX = 20;
/** An audit that is older than this tells nothing about now. */
const STATE_KEPT_MS = 3_600_000;

export interface Audit {
  /**
   * What is out of balance twice in a row counts: one look may fall between an outcome's record and what
   * follows from it.
   */
  run(): Promise<AuditFindings>;
}

interface State {
  /** As found by the look before. */
  readonly imbalance: Imbalance;
  /** As last told in the log. */
  readonly told: Imbalance;
  readonly unserved: readonly string[];
  readonly laneCursor: number;
  readonly runs: RunState;
}

interface RunState {
  readonly cursor: number;
  /** Runs that did not add up once; looked at once more. */
  readonly unconfirmed: Readonly<Record<string, Imbalance>>;
  /** Runs that moved while they were looked at; their turn comes again. */
  readonly moved?: readonly string[];
  /** The imbalance for which all runs have been looked at. */
  readonly doneFor: string;
}

const NOTHING: Imbalance = { lost: 0, surplus: 0 };
const FIRST: State = {
  imbalance: NOTHING,
  told: NOTHING,
  unserved: [],
  laneCursor: 0,
  runs: { cursor: 0, unconfirmed: {}, doneFor: toText(NOTHING) },
};

export function createAudit(shard: Shard, store: Store, directory: LaneDirectory, log: Logger): Audit {
  return {
    async run() {
      const before = parse(await shard.redis.get(shard.keys.auditState()));
      await directory.refresh();
      await dropSuperseded(shard, store, directory);
      await dropArchived(shard, store, directory);
      await dissolveCalm(shard, directory);
      const { healed, cursor: laneCursor } = await healStranded(shard, directory, before.laneCursor, log);
      const unserved = await findUnservedLanes(shard);
      if (unserved.length > 0 && unserved.join() !== before.unserved.join())
        log.warn({ lanes: unserved.slice(0, NAMED_MAX) }, "deliveries wait in lanes that no worker serves");
      await keepRuns(shard, directory);
      await forgetRuns(shard, directory.now());
      await completeRuns(shard);
      const imbalance = await weighAll(shard, directory);
      const found = atLeast(imbalance, before.imbalance);
      if (toText(found) !== toText(before.told)) tell(found, log);
      const runs = await examineRuns(shard, directory, { before: before.runs, found, log });
      const state: State = { imbalance, told: found, unserved, laneCursor, runs };
      await shard.redis.set(shard.keys.auditState(), JSON.stringify(state), "PX", STATE_KEPT_MS);
      return { healed, ...found, unserved: unserved.length };
    },
  };
}

/** What another release has written may lack fields, or have others. */
function parse(text: string | null): State {
  if (text === null) return FIRST;
  const { runs, ...state } = JSON.parse(text) as Partial<State>;
  return { ...FIRST, ...state, runs: { ...FIRST.runs, ...runs } };
}

function atLeast(one: Imbalance, other: Imbalance): Imbalance {
  return { lost: Math.min(one.lost, other.lost), surplus: Math.min(one.surplus, other.surplus) };
}

function toText({ lost, surplus }: Imbalance): string {
  return `${lost}/${surplus}`;
}

function tell(found: Imbalance, log: Logger): void {
  if (found.lost > 0) log.error({ ...found }, "deliveries that were accepted are in no lane");
  else if (found.surplus > 0) log.error({ ...found }, "more deliveries wait than the ledger knows of");
  else log.info({ ...found }, "the ledger and the lanes add up again");
}

interface Examination {
  readonly before: RunState;
  readonly found: Imbalance;
  readonly log: Logger;
}

/** Looks at the next runs, while there is an imbalance for which not all have been looked at. */
async function examineRuns(
  shard: Shard,
  directory: LaneDirectory,
  { before, found, log }: Examination,
): Promise<RunState> {
  const { unconfirmed, cursor, doneFor, moved: later = [] } = before;
  const isDone = toText(found) === doneFor;
  const next = isDone ? [] : await shard.redis.zrevrange(shard.keys.runs(), cursor, cursor + RUNS_MAX - 1);
  const runs = [...new Set([...Object.keys(unconfirmed), ...later, ...next])];
  if (runs.length === 0) return { unconfirmed, cursor: 0, doneFor: toText(found) };
  const weighed = await weighRuns(shard, directory, runs);
  if (weighed === null) return before;
  const { imbalances } = weighed;
  const moved = weighed.moved.slice(0, RUNS_MAX);

  const again = runs.filter((run) => imbalances.has(run) && unconfirmed[run] === undefined);
  for (const run of runs.filter((one) => !again.includes(one) && !weighed.moved.includes(one)))
    await noteRun(shard, run, atLeast(imbalances.get(run) ?? NOTHING, unconfirmed[run] ?? NOTHING), log);
  const state = {
    unconfirmed: Object.fromEntries(again.map((run) => [run, imbalances.get(run) ?? NOTHING])),
    moved,
  };
  if (isDone) return { ...before, ...state };
  return next.length < RUNS_MAX
    ? { ...state, cursor: 0, doneFor: toText(found) }
    : { ...state, cursor: cursor + RUNS_MAX, doneFor };
}

/**
 * Input: KEYS run; ARGV lost, surplus. Output: {what was noted before, lost and surplus}; a run that is
 * forgotten is left so.
 */
const NOTE = `
if redis.call("EXISTS", KEYS[1]) == 0 then return {ARGV[1], ARGV[2]} end
local before = redis.call("HMGET", KEYS[1], "lost", "surplus")
for i, field in ipairs({"lost", "surplus"}) do
  if ARGV[i] == "0" then redis.call("HDEL", KEYS[1], field) else redis.call("HSET", KEYS[1], field, ARGV[i]) end
end
return {before[1] or "0", before[2] or "0"}
`;

/** With the run's counters, so that whoever looks at these sees it. */
async function noteRun(shard: Shard, run: string, { lost, surplus }: Imbalance, log: Logger): Promise<void> {
  const [lostBefore, surplusBefore] = (await shard.redis.eval(
    NOTE,
    1,
    shard.keys.run(run),
    lost,
    surplus,
  )) as string[];
  if (`${lost} ${surplus}` === `${lostBefore} ${surplusBefore}` || lost + surplus === 0) return;
  log.error({ run, lost, surplus }, "the run's counters do not add up with what lies in the lanes");
}
