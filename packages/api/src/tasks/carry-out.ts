// What a task does: a replay or a purge of dead letters, or a cancel of what waits, from where it was left.

import { setTimeout } from "node:timers/promises";
import type { Producer } from "@postrider/producer/producer";
import type { Place, WorkOptions } from "@postrider/producer/tasks/pace";
import { REPLAYS_PER_SECOND, type StoredOrder, type TaskPlace } from "@postrider/producer/tasks/task";
import { unreachable } from "@postrider/shared/outcome";
import type { Hold } from "./hold.ts";

/** What a walk counts, by result. */
type Counts = Readonly<Record<string, number>>;

/** What tasks work on. */
type Works = Pick<Producer, "deadLetters" | "deliveries">;

/**
 * Carries a task out to its end.
 * @throws what replays, purges and cancels throw; `aborted` where it was stopped.
 */
export async function carryOut(hold: Hold, works: Works): Promise<void> {
  const order = JSON.parse(hold.order) as StoredOrder;
  const { do: what, ratePerSecond: given } = order;
  const ratePerSecond = given ?? (what === "replay" ? REPLAYS_PER_SECOND : Number.POSITIVE_INFINITY);
  const { signal } = hold;
  const of = hold.start.of ?? (await countAll(works, order));
  const start = { ...hold.start, of };
  hold.note(start);
  await setTimeout(hold.waitMs, undefined, { signal }).catch(() => undefined);
  await work(works, order, {
    ratePerSecond,
    after: start.after ?? undefined,
    signal,
    async beforeStep(items) {
      await hold.step((items * 1_000) / ratePerSecond);
      // Redis has had a word on whether it goes on.
      signal.throwIfAborted();
    },
    onProgress: (counts, place) => hold.note(addUp(start, counts as Counts, place)),
  });
}

type Work = WorkOptions<object> & { readonly ratePerSecond: number };

async function work({ deadLetters, deliveries }: Works, order: StoredOrder, options: Work): Promise<void> {
  const { filter, presentVersion, newKey } = order;
  switch (order.do) {
    case "replay":
      await deadLetters.replay({ filter }, { ...options, presentVersion, newKey });
      return;
    case "purge":
      await deadLetters.purge({ filter }, options);
      return;
    case "cancel":
      await deliveries.cancelAll(filter, options);
      return;
    default:
      unreachable(order.do);
  }
}

/**
 * How many are looked at: the letters of the lane and the time, whatever else is asked of them; or what
 * waits anywhere.
 */
async function countAll({ deadLetters, deliveries }: Works, order: StoredOrder): Promise<number> {
  if (order.do === "cancel") return (await deliveries.countLooked(order.filter)).count;
  const { lane, from, to } = order.filter;
  return (await deadLetters.count({ lane, from, to })).count;
}

/** Not what was done, but what is there in the end: it is counted once. */
const AT_THE_END = "inFlight";

/** What was done before, and what this process has done. */
function addUp(start: TaskPlace, counts: Counts, { after, looked }: Place): TaskPlace {
  const all = Object.entries(counts).map(([name, count]) => [
    name,
    name === AT_THE_END ? count : (start.counts[name] ?? 0) + count,
  ]);
  return { ...start, counts: Object.fromEntries(all), looked: start.looked + looked, after };
}
