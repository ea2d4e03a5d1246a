// Which findings count against a destination: its own circuit opens for its own faults alone.

import { ownLaneName } from "@postrider/shared/lanes";
import type { FaultCode } from "@postrider/worker/attempt";
import { expect, test } from "vitest";
import { createView } from "../support/destinations.ts";
import { eventually } from "../support/eventually.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test.each<[FaultCode, "open" | undefined]>([
  ["connect", "open"],
  ["timeout", "open"],
  ["proxy", undefined],
  ["local", undefined],
])("after many faults %s a circuit is %s", async (code, state) => {
  const { directory, destinations, meet } = await createView(await isolatedRedisUrl());
  const origin = "http://api.example.com";

  meet(origin, 40, { kind: "fault", code, message: "" });
  const stateAfterReport = async (): Promise<string | undefined> => {
    await destinations.report();
    return directory.get(ownLaneName("destination", origin))?.circuit?.state;
  };

  // Other workers are given a moment to tell what they met.
  if (state === "open") await eventually(async () => expect(await stateAfterReport()).toBe(state));
  else for (let report = 0; report < 5; report++) expect(await stateAfterReport()).toBeUndefined();
});
