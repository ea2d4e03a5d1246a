import { expect, test } from "vitest";
import { assignLanes } from "./assign.ts";

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** How many processes serve each lane. */
function serversOf(lanes: string[], processes: string[], lanesMax: number, epoch = 0): Map<string, number> {
  const servers = new Map(lanes.map((lane) => [lane, 0]));
  for (const self of processes) {
    const { mine } = assignLanes(lanes, processes, self, lanesMax, epoch);
    expect(mine.length).toBeLessThanOrEqual(lanesMax);
    for (const lane of mine) servers.set(lane, (servers.get(lane) ?? 0) + 1);
  }
  return servers;
}

test("every process serves every lane that it can hold", () => {
  expect([...serversOf(names("lane", 10), names("process", 3), 10).values()]).toEqual(Array(10).fill(3));
});

test("more lanes than one process holds: each has a server as long as there is room in all of them", () => {
  const servers = [...serversOf(names("lane", 30), names("process", 4), 10).values()];
  expect(Math.min(...servers)).toBeGreaterThanOrEqual(1);
});

test("more lanes than all hold: the room is used, the rest is told, and each lane gets its turn", () => {
  const [lanes, processes] = [names("lane", 100), names("process", 2)];
  const { unserved } = assignLanes(lanes, processes, "process0", 10, 0);
  expect(unserved).toBe(80);
  const turns = names("", 60).map((_, epoch) => serversOf(lanes, processes, 10, epoch));
  const served = lanes.filter((lane) => turns.some((servers) => (servers.get(lane) ?? 0) > 0));
  expect(served).toEqual(lanes);
});

test("a process that is not among those alive serves its part all the same", () => {
  expect(assignLanes(names("lane", 20), ["other"], "self", 10, 0).mine.length).toBeGreaterThan(0);
});
