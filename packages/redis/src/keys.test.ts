import { isLaneName } from "@postrider/shared/lanes";
import { expect, test } from "vitest";
import { createShardKeys } from "./keys.ts";

/** Keys of a lane, which has its name in the place that is looked at. */
const OF_LANES: ReadonlySet<string> = new Set(["released", "nextRequest", "ofLane", "job"]);

test("what stands in a key where a lane's name would is reserved: no lane can be called that", () => {
  const { prefix, ...keys } = createShardKeys("postrider", "0");
  const taken = Object.entries(keys)
    .filter(([name]) => !OF_LANES.has(name))
    .map(([, key]) => (key as (...names: unknown[]) => string)("x", "x").slice(prefix.length + 1))
    .map((rest) => rest.split(":", 1)[0] ?? "");

  expect(taken.length).toBeGreaterThan(5);
  expect(taken.filter(isLaneName)).toEqual([]);
  for (const name of OF_LANES)
    expect(
      (keys as unknown as Record<string, (...names: string[]) => string>)[name]?.("bulk", "x"),
      name,
    ).toMatch(/^\{postrider:0\}:bulk:/);
});
