// Dead letters through the API. What a filter means, an API process replays or purges as a task; some by
// their ids go there a few at a time.

import { setTimeout } from "node:timers/promises";
import type { Operations } from "@postrider/client/generated";
import type { Selection } from "@postrider/producer/dead-letters/bulk";
import { parseFilter } from "@postrider/producer/dead-letters/filter";
import type { Purged } from "@postrider/producer/dead-letters/purge";
import type { Replayed, ReplayOptions } from "@postrider/producer/dead-letters/replay";
import { REPLAYS_PER_SECOND, TASK_RATE_MAX } from "@postrider/producer/tasks/task";
import { PostriderError } from "@postrider/shared/errors";
import type { Service } from "../service.ts";
import { toAttempt } from "./deliveries.ts";
import { toOrder, toQuery, toTaskId } from "./filters.ts";
import { createRemoteTasks, followTask, type TaskWatch } from "./tasks.ts";
import { toMs } from "./times.ts";
import { type Remote, toProblem } from "./told-as-ours.ts";

/** The API's own most. */
const PAGE = 1_000;

export function createRemoteDeadLetters(remote: Remote): Service["deadLetters"] {
  const { call } = remote;
  return {
    async list({ limit = 50, cursor, isShown: _, ...filter } = {}) {
      parseFilter(filter);
      const query = { ...toQuery(filter), limit: Math.min(limit, PAGE), after: cursor };
      const { deadLetters, total, after } = await call("listDeadLetters", { query });
      return { deadLetters: deadLetters.map(toLetter), total, cursor: after };
    },
    async groups({ by, scanMax, isShown: _, ...filter } = {}) {
      parseFilter(filter);
      const query = { ...toQuery(filter), by: by?.join(","), scan: scanMax };
      const { groups, others, scanned, isComplete } = await call("groupDeadLetters", { query });
      return { groups: groups.map(toGroup), others, scanned, isComplete };
    },
    async show(id) {
      const { delivery, history, request, curl, problems, ...letter } = await call("getDeadLetter", {
        params: { id },
      });
      const shown = {
        ...letter,
        failedAt: toMs(letter.failedAt),
        delivery,
        history: history.map((attempt) => toAttempt(attempt)),
        ...{ request, curl },
        problems: problems.map(toProblem),
      };
      return shown as never;
    },
    replay: (selection, options = {}) => replay(remote, selection, options),
    async purge(selection, { onProgress, signal } = {}) {
      const tell = ({ purged = 0 }: Counts): Purged => ({ purged, unknown: [] });
      const onCounts = (counts: Counts): void => onProgress?.(tell(counts), NO_PLACE);
      if ("filter" in selection) {
        const task = await call("beginTask", { body: { do: "purge", ...toOrder(selection.filter) } });
        return tell(await followTask(toTaskId(task), { onCounts, signal }, createRemoteTasks(remote)));
      }
      const sendSome = (ids: readonly string[]) => call("purgeDeadLetters", { body: { ids } });
      return inSteps<Purged>(selection.ids, { purged: 0, unknown: [] }, sendSome, { onCounts, signal });
    },
  };
}

type Counts = Readonly<Record<string, number>>;

/** How far a task is in its selection stays with the API. */
const NO_PLACE = { after: null, looked: 0 } as const;

async function replay(
  remote: Remote,
  selection: Selection,
  { ratePerSecond = REPLAYS_PER_SECOND, presentVersion, newKey, onProgress, signal }: ReplayOptions,
): Promise<Replayed> {
  const onCounts = (counts: Counts): void => onProgress?.(toReplayed(counts), NO_PLACE);
  const { call } = remote;
  if ("filter" in selection) {
    const order = {
      ...toOrder(selection.filter),
      rate: Math.min(ratePerSecond, TASK_RATE_MAX),
      presentVersion,
      newKey,
    };
    const task = await call("beginTask", { body: { do: "replay", ...order } });
    return toReplayed(await followTask(toTaskId(task), { onCounts, signal }, createRemoteTasks(remote)));
  }
  const sendSome = (ids: readonly string[]) =>
    call("replayDeadLetters", { body: { ids, presentVersion, newKey } });
  return inSteps<Replayed>(selection.ids, toReplayed({}), sendSome, { onCounts, signal, ratePerSecond });
}

function toReplayed({
  replayed = 0,
  hastened = 0,
  pending = 0,
  expired = 0,
  cancelled = 0,
}: Counts): Replayed {
  return { replayed, hastened, pending, expired, cancelled, unknown: [] };
}

/** As a producer paces it: at most so many in one step, and little of a second's worth. */
const STEP = 50;
const STEPS_PER_SECOND = 10;

/** Has ids worked through a few at a time, and adds up what came of it. @throws `aborted`. */
async function inSteps<R extends { readonly unknown: readonly string[] }>(
  given: readonly string[],
  nothing: R,
  sendSome: (ids: readonly string[]) => Promise<R>,
  { onCounts, signal, ratePerSecond = Number.POSITIVE_INFINITY }: TaskWatch & { ratePerSecond?: number },
): Promise<R> {
  const ids = [...new Set(given)];
  const size = Math.max(1, Math.min(STEP, Math.floor(ratePerSecond / STEPS_PER_SECOND)));
  let sum = nothing;
  for (let from = 0; from < ids.length; from += size) {
    if (from > 0) await pause((size * 1_000) / ratePerSecond, signal);
    sum = add(sum, await sendSome(ids.slice(from, from + size)));
    onCounts(sum as unknown as Counts);
  }
  return sum;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  if (signal?.aborted === true)
    throw new PostriderError(
      "aborted",
      "stopped; the rest are dead letters still, and the same call goes on",
      { cause: signal.reason },
    );
}

/** Counts are added, lists put one behind the other; in the order of the first. */
function add<R extends object>(one: R, other: R): R {
  const others = other as Readonly<Record<string, unknown>>;
  const sum = Object.entries(one).map(([name, value]) => {
    const more = others[name];
    return [name, Array.isArray(value) ? [...value, ...(more as unknown[])] : Number(value) + Number(more)];
  });
  return Object.fromEntries(sum) as R;
}

type LetterTold = Operations["listDeadLetters"]["reply"]["deadLetters"][number];

function toLetter(told: LetterTold) {
  return { ...told, failedAt: toMs(told.failedAt) } as never;
}

function toGroup(told: Operations["groupDeadLetters"]["reply"]["groups"][number]) {
  const { of, count, example, firstFailedAt, lastFailedAt } = told;
  return { of, count, example, firstFailedAt: toMs(firstFailedAt), lastFailedAt: toMs(lastFailedAt) };
}
