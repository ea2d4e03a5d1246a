// What becomes of a circuit with each probe: one delivery tries, and all workers know what it met before
// another one may.

import { ownLaneName } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import type { Finding } from "@postrider/worker/attempt";
import { newDestinationLane } from "@postrider/worker/destinations/next-entry";
import { expect, test } from "vitest";
import { ACCEPTED, claimed, createView, FAILED, toReply, type View } from "../support/destinations.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const ORIGIN = "https://x.example";
const LANE = ownLaneName("destination", ORIGIN);
const PAUSE_MS = 5_000;

/** Two workers; the pause is over as the first one sees it, and the other one has not looked since. */
async function startHalfOpen(): Promise<{ sees: View; late: View; read(): Promise<OwnLane | undefined> }> {
  const url = await isolatedRedisUrl();
  const [sees, late] = [await createView(url), await createView(url)];
  await sees.directory.update(LANE, () => ({
    ...newDestinationLane(ORIGIN, 0),
    circuit: { state: "open", since: sees.directory.now() - PAUSE_MS, pauseMs: PAUSE_MS },
  }));
  await late.directory.refresh();
  await sees.destinations.report();
  expect(sees.directory.get(LANE)?.circuit?.state).toBe("half-open");
  expect(late.directory.get(LANE)?.circuit?.state).toBe("open");
  const reader = await createView(url);
  const read = async () => {
    await reader.directory.refresh();
    return reader.directory.get(LANE);
  };
  return { sees, late, read };
}

/** One exchange in the destination's lane, until its slot is free. */
async function probe({ destinations }: View, finding: Finding): Promise<void> {
  await destinations.begin(claimed(LANE), ORIGIN)(finding);
}

test.each(["sees", "late"] as const)(
  "one failure opens it for twice as long before the probe's slot is free, of the worker that %s",
  async (worker) => {
    const { read, ...views } = await startHalfOpen();

    await probe(views[worker], FAILED);

    expect((await read())?.circuit).toMatchObject({ state: "open", pauseMs: 2 * PAUSE_MS });
  },
);

test.each(["sees", "late"] as const)(
  "one answer closes it before the probe's slot is free, of the worker that %s",
  async (worker) => {
    const { read, ...views } = await startHalfOpen();

    await probe(views[worker], ACCEPTED);

    expect((await read())?.circuit).toBeUndefined();
  },
);

test("a refusal for being too many closes it, too, and what says nothing about the destination leaves it", async () => {
  const { sees, read } = await startHalfOpen();

  await probe(sees, { kind: "interrupted" });
  await probe(sees, { kind: "fault", code: "local", message: "" });
  expect((await read())?.circuit).toMatchObject({ state: "half-open" });

  await probe(sees, toReply(429));
  expect((await read())?.circuit).toBeUndefined();
});

test("a probe counts although its worker takes the clock for an earlier one than the circuit's latest change", async () => {
  let behindMs = 0;
  const view = await createView(await isolatedRedisUrl(), () => Date.now() - behindMs);
  await view.directory.update(LANE, () => ({
    ...newDestinationLane(ORIGIN, 0),
    circuit: { state: "half-open", since: view.directory.now(), pauseMs: PAUSE_MS },
  }));
  behindMs = 2_000;

  await probe(view, ACCEPTED);

  expect(view.directory.get(LANE)?.circuit).toBeUndefined();
});

test("nobody waits for a report where there is no circuit", async () => {
  const { destinations } = await createView(await isolatedRedisUrl());

  expect(destinations.begin(claimed(LANE), ORIGIN)(FAILED)).toBeNull();
  expect(destinations.begin(claimed("bulk"), ORIGIN)(ACCEPTED)).toBeNull();
});
