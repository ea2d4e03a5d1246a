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

/** A worker that lets probes through, and what stands in the registry. */
async function startHalfOpen(): Promise<{ view: View; read(): Promise<OwnLane | undefined> }> {
  const url = await isolatedRedisUrl();
  const view = await createView(url);
  await view.directory.update(LANE, () => ({
    ...newDestinationLane(ORIGIN, 0),
    circuit: { state: "open", since: view.directory.now() - PAUSE_MS, pauseMs: PAUSE_MS },
  }));
  await view.destinations.report();
  const reader = await createView(url);
  const read = async () => {
    await reader.directory.refresh();
    return reader.directory.get(LANE);
  };
  expect((await read())?.circuit?.state).toBe("half-open");
  return { view, read };
}

/** One exchange in the destination's lane, until its slot is free. */
async function probe({ destinations }: View, finding: Finding): Promise<void> {
  await destinations.begin(claimed(LANE), ORIGIN)(finding);
}

test("one failure opens it for twice as long before the probe's slot is free", async () => {
  const { view, read } = await startHalfOpen();

  await probe(view, FAILED);

  expect((await read())?.circuit).toMatchObject({ state: "open", pauseMs: 2 * PAUSE_MS });
});

test("one answer closes it before the probe's slot is free", async () => {
  const { view, read } = await startHalfOpen();

  await probe(view, ACCEPTED);

  expect((await read())?.circuit).toBeUndefined();
});

test("what was sent from elsewhere, or before the circuit was half open, is no probe", async () => {
  const { view, read } = await startHalfOpen();
  const { destinations, directory } = view;

  expect(destinations.begin(claimed("bulk"), ORIGIN)(FAILED)).toBeNull();
  const end = destinations.begin(claimed(LANE), ORIGIN);
  await directory.update(LANE, (entry) =>
    entry?.circuit === undefined
      ? undefined
      : { ...entry, circuit: { ...entry.circuit, since: entry.circuit.since + 60_000 } },
  );
  expect(end(FAILED)).toBeNull();
  expect((await read())?.circuit?.state).toBe("half-open");
});

test("a refusal for being too many closes it, too, and what says nothing about the destination leaves it", async () => {
  const { view, read } = await startHalfOpen();

  await probe(view, { kind: "interrupted" });
  await probe(view, { kind: "fault", code: "local", message: "" });
  expect((await read())?.circuit).toMatchObject({ state: "half-open" });

  await probe(view, toReply(429));
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
