import { readSettings } from "@postrider/shared/read-settings";
import type { Pool } from "undici";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPools, type Pools } from "./pools.ts";

const SWEEP_MS = 30_000;
const way = { connectTimeoutMs: 1_000 };

let pools: Pools;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  pools = createPools(readSettings({ POSTRIDER_DESTINATIONS_MAX: "2" }));
});
afterEach(async () => {
  await pools.close();
  vi.useRealTimers();
});

function poolOf(origin: string, some: Parameters<Pools["get"]>[1] = way): Pool {
  const route = pools.get(origin, some);
  if ("verdict" in route) throw new Error(route.message);
  return route.pool;
}

test("a destination keeps its pool, for as long as it is used", () => {
  const pool = poolOf("https://a.example");
  for (let sweeps = 0; sweeps < 5; sweeps++) {
    vi.advanceTimersByTime(SWEEP_MS);
    expect(poolOf("https://a.example")).toBe(pool);
  }
  expect(pool.closed).toBe(false);
});

test("one that is not used for a minute is dropped", () => {
  const pool = poolOf("https://a.example");
  vi.advanceTimersByTime(2 * SWEEP_MS);

  expect(pool.closed).toBe(true);
});

test("one that is used all the time is replaced after five minutes, so that names may move", () => {
  const pool = poolOf("https://a.example");
  for (let sweeps = 0; sweeps < 11; sweeps++) {
    poolOf("https://a.example");
    vi.advanceTimersByTime(SWEEP_MS);
  }

  expect(pool.closed).toBe(true);
  expect(poolOf("https://a.example")).not.toBe(pool);
});

test("beyond the most destinations the least recently used one is closed, and a refused one pushes none out", () => {
  const [a, b] = [poolOf("https://a.example"), poolOf("https://b.example")];
  for (const origin of ["https://metadata.google.internal", "https://c.example:25"])
    expect(pools.get(origin, way)).toHaveProperty("verdict");
  expect([a.closed, b.closed]).toEqual([false, false]);

  poolOf("https://a.example");
  poolOf("https://c.example");

  expect([a.closed, b.closed]).toEqual([false, true]);
});

test("actions with rules of their own have pools of their own", () => {
  const egress = { allowHosts: ["a.example"] };
  const pool = poolOf("https://a.example");

  expect(poolOf("https://a.example", { ...way, egress })).not.toBe(pool);
  expect(poolOf("https://a.example", { ...way, egress })).toBe(
    poolOf("https://a.example", { ...way, egress: { ...egress } }),
  );
});

test("a dropped pool is closed, and does not take its successor along", () => {
  const route = pools.get("https://a.example", way);
  if ("verdict" in route) throw new Error(route.message);
  route.drop();
  const next = poolOf("https://a.example");
  route.drop();

  expect([route.pool.closed, next.closed]).toEqual([true, false]);
});
