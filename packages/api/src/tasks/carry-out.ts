// What a task does: a replay or a purge of dead letters, from where it was left.

import { setTimeout } from "node:timers/promises";
import type { Place } from "@postrider/producer/dead-letters/bulk";
import { REPLAYS_PER_SECOND } from "@postrider/producer/dead-letters/replay";
import type { Producer } from "@postrider/producer/producer";
import type { StoredOrder, TaskPlace } from "@postrider/producer/tasks/task";
import type { Hold } from "./hold.ts";

/** What a walk counts, by result. */
type Counts = Readonly<Record<string, number>>;

/** Carries a task out to its end. @throws what replays and purges throw; `aborted` where it was stopped. */
export async function carryOut(hold: Hold, { deadLetters }: Pick<Producer, "deadLetters">): Promise<void> {
  const order = JSON.parse(hold.order) as StoredOrder;
  const { do: what, filter, ratePerSecond: given, presentVersion, newKey } = order;
  const ratePerSecond = given ?? (what === "replay" ? REPLAYS_PER_SECOND : Number.POSITIVE_INFINITY);
  const { start, signal } = hold;
  const of = start.of ?? (await countAll(deadLetters, order));
  hold.note({ ...start, of });
  await setTimeout(hold.waitMs, undefined, { signal }).catch(() => undefined);
  const work = {
    ratePerSecond,
    after: start.after ?? undefined,
    signal,
    beforeStep: async (letters: number): Promise<void> => {
      await hold.step((letters * 1_000) / ratePerSecond);
      // Redis has had a word on whether it goes on.
      signal.throwIfAborted();
    },
    onProgress: (counts: object, place: Place): void =>
      hold.note(addUp({ ...start, of }, counts as Counts, place)),
  };
  if (what === "purge") await deadLetters.purge({ filter }, work);
  else await deadLetters.replay({ filter }, { ...work, presentVersion, newKey });
}

/** The letters that are looked at: those of the lane and the time, whatever else is asked of them. */
async function countAll({ count }: Producer["deadLetters"], { filter }: StoredOrder): Promise<number> {
  const { lane, from, to } = filter;
  return (await count({ lane, from, to })).count;
}

/** What was done before, and what this process has done. */
function addUp(start: TaskPlace, counts: Counts, { after, looked }: Place): TaskPlace {
  const all = Object.entries(counts).map(([name, count]) => [name, (start.counts[name] ?? 0) + count]);
  return { ...start, counts: Object.fromEntries(all), looked: start.looked + looked, after };
}
