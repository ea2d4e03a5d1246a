import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { BATCH_MAX, createSpanQueue, SPANS_MAX } from "./span-queue.ts";

/** A collector whose answers the test gives, and what was said meanwhile. */
function createWorld() {
  const batches: { readonly size: number; take(): void; refuse(): void }[] = [];
  const said: string[] = [];
  const say = (_: object, text: string): void => void said.push(text);
  const queue = createSpanQueue<number>({
    send: (batch) =>
      new Promise((resolve, reject) => {
        batches.push({ size: batch.length, take: resolve, refuse: () => reject(new Error("away")) });
      }),
    log: { warn: say, info: say },
  });
  const add = (count: number): void => {
    for (let index = 0; index < count; index++) queue.add(index);
  };
  return { queue, add, batches, said };
}

/** Until what was planned is under way. */
async function turn(): Promise<void> {
  for (let count = 0; count < 3; count++) await setImmediate();
}

test("spans go out in batches, one at a time, and the rest when the process ends", async () => {
  const { queue, add, batches } = createWorld();
  add(BATCH_MAX + 5);
  await turn();
  expect(batches.map(({ size }) => size)).toEqual([BATCH_MAX]);
  batches[0]?.take();
  await turn();
  expect(batches).toHaveLength(1);
  const closed = queue.close(60_000);
  await turn();
  expect(batches.map(({ size }) => size)).toEqual([BATCH_MAX, 5]);
  batches[1]?.take();
  await closed;

  expect(queue.dropped()).toBe(0);
});

test("what finds no room or is not taken is counted, and said once until spans are taken again", async () => {
  const { queue, add, batches, said } = createWorld();
  add(BATCH_MAX);
  await turn();
  add(SPANS_MAX + 7);
  expect(queue.dropped()).toBe(7);
  batches[0]?.refuse();
  await turn();
  expect(queue.dropped()).toBe(7 + BATCH_MAX);
  expect(said).toHaveLength(1);
  for (let index = 1; index <= SPANS_MAX / BATCH_MAX; index++) {
    batches[index]?.take();
    await turn();
  }

  expect(queue.dropped()).toBe(7 + BATCH_MAX);
  expect(said).toEqual([
    "spans are dropped; postrider_spans_dropped_total counts them",
    "spans are taken again",
  ]);
});

test("a collector that never answers holds up the end for no longer than it is given", async () => {
  const { queue, add, said } = createWorld();
  add(BATCH_MAX + 88);
  await turn();
  await queue.close(1);

  expect(queue.dropped()).toBe(BATCH_MAX + 88);
  expect(said).toHaveLength(1);
});
