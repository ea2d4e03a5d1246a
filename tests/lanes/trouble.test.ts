import { ownLaneName } from "@postrider/shared/lanes";
import { expect, test } from "vitest";
import { createView, FAILED } from "../support/destinations.ts";
import { eventually } from "../support/eventually.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test("more destinations in trouble than one report holds all get their circuits, however long the first ones stay in trouble", async () => {
  const { destinations, directory, meet } = await createView(await isolatedRedisUrl());
  const origins = Array.from({ length: 250 }, (_, index) => `https://x${index}.example`);
  const open = () =>
    origins.filter((origin) => directory.get(ownLaneName("destination", origin))?.circuit?.state === "open");
  for (const origin of origins) meet(origin, 20, FAILED);

  await eventually(async () => {
    await destinations.report();
    expect(open()).toHaveLength(250);
  });
});
