// The states that nobody brings about in one step, judged by one worker for all: failing actions, many dead
// letters, readers that fall behind, destinations that are free again. Each has two marks, one for its
// beginning and one for its end, with room between them, so that nothing flaps.

import { countLanes, readSharedLanes } from "@postrider/redis/counts";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import { afterCalm } from "@postrider/redis/lane-events";
import { readLetterIds } from "@postrider/redis/letter-page";
import { listGroups } from "@postrider/redis/reader-groups";
import { type EndedLately, recentByAction } from "@postrider/redis/roll-up-series";
import { judgeState, readStates, type State } from "@postrider/redis/scripts/judge-state";
import type { Shard } from "@postrider/redis/shard";
import { noteKept, outcomeStream } from "@postrider/redis/told-streams";
import { trimEvents } from "@postrider/redis/trim-events";
import { isCarried } from "@postrider/shared/carried-id";
import { newEvent } from "@postrider/shared/operator-event";

export interface JudgeOptions {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly outcomesKept: number;
  readonly eventsKept: number;
  readonly isArchived: (action: string) => Promise<boolean>;
  /** 0: never told. */
  readonly deadLettersThreshold: number;
}

/** @returns what one worker does for all every few seconds. */
export function createJudge(options: JudgeOptions): () => Promise<void> {
  return async () => {
    const stood = await readStates(options.shard);
    const stands = ({ type, of }: State): boolean =>
      stood.some((state) => state.type === type && state.of === of);
    await judgeActions(options, stands, stood);
    await judgeDeadLetters(options, stands);
    await judgeReaders(options, stood);
    await freeCalm(options);
    await trimEvents(options.shard, options.eventsKept);
    await noteKept(options.shard, { outcomes: options.outcomesKept, events: options.eventsKept });
  };
}

type Stands = (state: State) => boolean;

/** Long enough for a quiet action to show what it does, short enough to be news. */
const MINUTES = 5;
/** Fewer say nothing. */
const ENDED_MIN = 20;

const NOTHING_ENDED: EndedLately = { ended: 0, failed: 0 };

/** Whether an action is failing; where it hardly says so, it stays what it was. */
export function isFailing({ ended, failed }: EndedLately, was: boolean): boolean {
  if (was) return ended === 0 || failed * 4 >= ended;
  return ended >= ENDED_MIN && failed * 2 >= ended;
}

async function judgeActions(
  { shard, isArchived }: JudgeOptions,
  stands: Stands,
  stood: readonly State[],
): Promise<void> {
  const lately = await recentByAction(shard, MINUTES);
  const failing = stood.filter(({ type }) => type === "action.failing").map(({ of }) => of);
  for (const action of new Set([...lately.keys(), ...failing])) {
    const recent = lately.get(action) ?? NOTHING_ENDED;
    const state: State = { type: "action.failing", of: action };
    const was = stands(state);
    // Nothing more is enqueued for one that is archived: once nothing of it ends, nothing fails any more.
    const isOver = was && recent.ended === 0 && (await isArchived(action));
    const is = !isOver && isFailing(recent, was);
    if (was === is) continue;
    const { ended, failed } = recent;
    const data = { action, ended, failed, minutes: MINUTES };
    await judgeState(shard, state, is, newEvent(is ? "action.failing" : "action.recovered", action, data));
  }
}

const LETTERS: State = { type: "dead_letters.threshold", of: "all" };
/** Of the threshold: below it, it is over. */
const CLEARED_SHARE = 0.8;
/** Ids that are looked at for it; where these do not tell, all stays as it was. */
const LETTERS_LOOKED_AT_MAX = 200_000;

async function judgeDeadLetters(
  { shard, deadLettersThreshold: threshold }: JudgeOptions,
  stands: Stands,
): Promise<void> {
  if (threshold === 0) return;
  const was = stands(LETTERS);
  const mark = was ? Math.ceil(threshold * CLEARED_SHARE) : threshold;
  const lanes = await readSharedLanes(shard);
  const all = [...(await countLanes(shard, lanes)).values()].reduce((sum, one) => sum + one.deadLetters, 0);
  if (!was && all < mark) return;
  const deadLetters = await countLetters(shard, lanes, mark);
  if (deadLetters === null) return;
  const is = deadLetters >= mark;
  if (was === is) return;
  const type = is ? "dead_letters.threshold" : "dead_letters.cleared";
  await judgeState(shard, LETTERS, is, newEvent(type, LETTERS.of, { deadLetters, threshold }));
}

/**
 * Dead letters that are none of a subscription, counted up to `mark` or a little more; null: nobody knows
 * whether there are so many.
 */
async function countLetters(shard: Shard, lanes: readonly string[], mark: number): Promise<number | null> {
  let [counted, looked] = [0, 0];
  for await (const ids of readLetterIds(shard, lanes)) {
    counted += ids.filter((id) => !isCarried(id)).length;
    looked += ids.length;
    if (counted >= mark) return counted;
    if (looked >= LETTERS_LOOKED_AT_MAX) return null;
  }
  return counted;
}

/** Of what is kept: with so much before it a reader is about to miss some, and with so little it is not. */
const LAGGING_SHARE = 0.5;
const CAUGHT_UP_SHARE = 0.25;

async function judgeReaders(
  { shard, outcomesKept: kept }: JudgeOptions,
  stood: readonly State[],
): Promise<void> {
  if (kept === 0) return;
  const groups = await listGroups(shard, outcomeStream(shard.keys));
  const unreadBy = new Map(groups.map(({ group, unread }) => [group, unread]));
  const lagging = stood.filter(({ type }) => type === "outcomes.reader_lagging").map(({ of }) => of);
  for (const group of new Set([...unreadBy.keys(), ...lagging])) {
    const unread = unreadBy.get(group) ?? 0;
    const was = lagging.includes(group);
    const is = unread >= kept * (was ? CAUGHT_UP_SHARE : LAGGING_SHARE);
    if (was === is) continue;
    const type = is ? "outcomes.reader_lagging" : "outcomes.reader_caught_up";
    const state: State = { type: "outcomes.reader_lagging", of: group };
    await judgeState(shard, state, is, newEvent(type, group, { group, unread, kept }));
  }
}

/** Ends the throttling of destinations that nothing has held back for a while. */
async function freeCalm({ directory }: JudgeOptions): Promise<void> {
  for (const entry of directory.all()) {
    if (afterCalm(entry, directory.now()) === undefined) continue;
    await directory.update(entry.lane, (current) => afterCalm(current, directory.now()));
  }
}
