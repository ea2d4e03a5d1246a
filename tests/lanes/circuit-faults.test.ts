// Which findings count against a destination: its own circuit opens for its own faults alone.

import { createLaneDirectory } from "@postrider/shared/lane-directory";
import { ownLaneName } from "@postrider/shared/lanes";
import type { Claimed, FaultCode } from "@postrider/worker/attempt";
import { createDestinations } from "@postrider/worker/lanes/destinations";
import { createTraffic } from "@postrider/worker/lanes/traffic";
import { createTrouble } from "@postrider/worker/lanes/trouble";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const circuit = {
  circuitFailurePercent: 50,
  circuitAttemptsMin: 20,
  circuitWindowMs: 60_000,
  circuitPauseMs: 5_000,
  circuitPauseMaxMs: 600_000,
};
const claimed = {
  id: "d",
  lane: "bulk",
  token: "",
  delivery: { v: 1, action: "a@1", customer: { id: 1 }, enqueuedAt: 0 },
  attempt: 1,
  claims: 1,
  attemptsMax: 1,
  dueAt: 0,
  claimedAt: 0,
} as unknown as Claimed;

test.each<[FaultCode, "open" | undefined]>([
  ["connect", "open"],
  ["timeout", "open"],
  ["proxy", undefined],
  ["local", undefined],
])("after many faults %s a circuit is %s", async (code, state) => {
  const redis = new Redis(await isolatedRedisUrl(), { replyMapping: "legacy" });
  const directory = createLaneDirectory(redis);
  await directory.refresh();
  const traffic = createTraffic(Date.now);
  traffic.setSlots("bulk", 1_000);
  const trouble = createTrouble(redis, circuit.circuitWindowMs);
  const destinations = createDestinations({
    directory,
    trouble,
    traffic,
    sharedLanes: ["bulk"],
    circuit,
    now: Date.now,
  });
  const origin = "http://api.example.com";

  for (let count = 0; count < 40; count++)
    destinations.begin(claimed, origin)({ kind: "fault", code, message: "" });
  const stateAfterReport = async (): Promise<string | undefined> => {
    await destinations.report();
    return directory.get(ownLaneName("destination", origin))?.circuit?.state;
  };

  // Other workers are given a moment to tell what they met.
  if (state === "open") await eventually(async () => expect(await stateAfterReport()).toBe(state));
  else for (let report = 0; report < 5; report++) expect(await stateAfterReport()).toBeUndefined();
  redis.disconnect();
});
