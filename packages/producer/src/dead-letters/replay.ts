// Replays dead letters: which lane each goes into, what changes in it, and what is refused. The id stays, and
// so does the Idempotency-Key, unless a new one is asked for.

import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { hastenRetries } from "@postrider/redis/scripts/hasten";
import { type PutBack, replayLetters } from "@postrider/redis/scripts/replay-letters";
import type { Shard } from "@postrider/redis/shard";
import { toActionRef } from "@postrider/shared/action-ref";
import { type Delivery, newDeliveryId } from "@postrider/shared/delivery";
import { ownLaneName } from "@postrider/shared/lanes";
import { decodeMark } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { toRetryPolicy } from "@postrider/shared/retry";
import type { ActionStore } from "../actions/actions.ts";
import type { SavedAction } from "../actions/saved-versions.ts";
import { RUN_SHARED_MAX } from "../enqueue/routing.ts";
import type { WorkOptions } from "../tasks/pace.ts";
import { REPLAYS_PER_SECOND } from "../tasks/task.ts";
import { inSteps, type Selection } from "./bulk.ts";
import type { Finder } from "./find.ts";
import type { Letter } from "./letter.ts";

export interface ReplayOptions extends WorkOptions<ReplayProgress> {
  /**
   * Compose with the latest version of each action, under its retry policy, instead of the version that the
   * delivery names.
   */
  readonly presentVersion?: boolean | undefined;
  /**
   * Send a new Idempotency-Key, so that the receiver takes it for another request. The delivery's id stays.
   */
  readonly newKey?: boolean | undefined;
  /** At most so many a second; 100 unless given. Infinity: as fast as it goes. */
  readonly ratePerSecond?: number | undefined;
}

export interface ReplayProgress {
  /** Back in a lane, with all attempts again. */
  readonly replayed: number;
  /** No dead letters: retries that were pending and are due now. */
  readonly hastened: number;
  /** No dead letters: waiting or in flight already; left as they are. */
  readonly pending: number;
  /** Dead letters still: their `expiresAt` has passed, so nothing of them may be sent. */
  readonly expired: number;
  /** Dead letters still: their run was cancelled. */
  readonly cancelled: number;
}

export interface Replayed extends ReplayProgress {
  /** Those ids that were asked for and are neither a dead letter's nor that of anything that waits. */
  readonly unknown: readonly string[];
}

export interface ReplayDependencies {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly actions: ActionStore;
  readonly finder: Finder;
}

type Counts = { -readonly [K in keyof ReplayProgress]: number };

/** @throws `dead_letters_invalid`, `action_unknown` (present version), `aborted`, `redis_unavailable`. */
export async function replay(
  dependencies: ReplayDependencies,
  selection: Selection,
  options: ReplayOptions,
): Promise<Replayed> {
  const { ratePerSecond = REPLAYS_PER_SECOND, onProgress, signal, beforeStep, after } = options;
  const counts: Counts = { replayed: 0, hastened: 0, pending: 0, expired: 0, cancelled: 0 };
  const unknown: string[] = [];
  const findPresent = options.presentVersion === true ? createPresent(dependencies.actions) : findNone;
  const pace = { ratePerSecond, signal, beforeStep, after };
  for await (const step of inSteps(dependencies.finder, selection, pace)) {
    const gone = await putBackAll(dependencies, step.letters, { options, counts, findPresent });
    await hastenOthers(dependencies, [...step.others, ...gone], { counts, unknown });
    onProgress?.({ ...counts }, step.place);
  }
  return { ...counts, unknown };
}

type FindPresent = (letter: Letter) => Promise<SavedAction | null>;

/** @returns the ids of letters that were none any more. */
async function putBackAll(
  { shard, directory }: ReplayDependencies,
  letters: readonly Letter[],
  work: { readonly options: ReplayOptions; readonly counts: Counts; readonly findPresent: FindPresent },
): Promise<string[]> {
  const { options, counts, findPresent } = work;
  await asProducer(() => directory.refresh());
  const now = directory.now();
  const alive = letters.filter(({ delivery }) => !isExpired(delivery, now));
  counts.expired += letters.length - alive.length;
  const toBePut: PutBack[] = [];
  for (const letter of alive) {
    const present = await findPresent(letter);
    const replayed = counts.replayed + toBePut.length;
    toBePut.push(toPutBack(letter, present, { options, directory, replayed }));
  }
  const gone: string[] = [];
  for (const [index, result] of (await replayLetters(shard, toBePut, now)).entries()) {
    if (result === "gone") gone.push(toBePut[index]?.id ?? "");
    else counts[result] += 1;
  }
  return gone;
}

const findNone: FindPresent = () => Promise.resolve(null);

/**
 * A letter of the present version keeps its id and data; only the action's latest version is read, once for
 * all.
 */
function createPresent(actions: ActionStore): FindPresent {
  const known = new Map<string, SavedAction>();
  return async ({ delivery }) => {
    const [id] = delivery?.action.split("@") ?? [];
    if (id === undefined) return null;
    const saved = known.get(id) ?? (await actions.get(id));
    known.set(id, saved);
    return saved;
  };
}

function isExpired(delivery: Delivery | null, now: number): boolean {
  return delivery?.expiresAt !== undefined && delivery.expiresAt < now;
}

interface Circumstances {
  readonly options: ReplayOptions;
  readonly directory: LaneDirectory;
  /** So far. */
  readonly replayed: number;
}

function toPutBack(
  { shown, delivery, options, enqueuedAt }: Letter,
  present: SavedAction | null,
  circumstances: Circumstances,
): PutBack {
  const { id, lane: home, run } = shown;
  const runLane = run === null ? undefined : circumstances.directory.get(ownLaneName("run", run));
  return {
    id,
    home,
    run,
    ownLane: chooseLane(shown, runLane, circumstances),
    // Whoever replays a letter of a held run means it to go.
    isReleased: runLane?.isHeld === true,
    data: delivery === null ? null : JSON.stringify(toReplay(delivery, enqueuedAt, present, circumstances)),
    options: present === null ? null : toOptions(options, present),
  };
}

/** Its age counts from now, and its templates go on calling the first time now. */
function toReplay(
  { sendAt, asOf, ...delivery }: Delivery,
  enqueuedAt: number,
  present: SavedAction | null,
  { options }: Circumstances,
): Delivery {
  return {
    ...delivery,
    ...(present !== null && { action: toActionRef(present) }),
    asOf: asOf ?? sendAt ?? enqueuedAt,
    ...(options.newKey === true && { key: newDeliveryId() }),
  };
}

/** The attempts that BullMQ grants were fixed when it was enqueued. */
function toOptions(options: string, { action }: SavedAction): string {
  return JSON.stringify({
    ...(JSON.parse(options) as Record<string, unknown>),
    attempts: toRetryPolicy(action.retry).attempts,
  });
}

/**
 * Where others of its run or destination wait apart, it joins them. Of many replays most wait apart from
 * everybody, too.
 */
function chooseLane(
  { lane: home, destination }: Letter["shown"],
  runLane: OwnLane | undefined,
  { directory, replayed }: Circumstances,
): OwnLane | undefined {
  if (runLane !== undefined && runLane.isHeld !== true && runLane.isClosing !== true) return runLane;
  const own = destination === null ? undefined : directory.get(ownLaneName("destination", destination));
  if (own !== undefined && own.isClosing !== true) return own;
  if (replayed < RUN_SHARED_MAX) return undefined;
  const lane = ownLaneName("retries", home);
  return directory.get(lane) ?? { lane, kind: "retries", of: home, createdAt: directory.now() };
}

/**
 * Where it is no dead letter, a pending retry is made due now: the replay takes its place, and is no second
 * one.
 */
async function hastenOthers(
  { shard }: ReplayDependencies,
  ids: readonly string[],
  { counts, unknown }: { counts: Counts; unknown: string[] },
): Promise<void> {
  if (ids.length === 0) return;
  const marks = await asProducer(() => shard.redis.mget(ids.map((id) => shard.keys.outcome(id))));
  const pending: { id: string; lane: string }[] = [];
  for (const [index, id] of ids.entries()) {
    const mark = decodeMark(marks[index] ?? "");
    if (mark?.kind === "in") pending.push({ id, lane: mark.lane });
    else unknown.push(id);
  }
  const hastened = (await hastenRetries(shard, pending)).filter(Boolean).length;
  counts.hastened += hastened;
  counts.pending += pending.length - hastened;
}
