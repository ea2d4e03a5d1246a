import { readSettings } from "@postrider/shared/settings/read-settings";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { boundSockets, readOpenFilesMax } from "./open-files.ts";
import { createPools, type Pools } from "./pools.ts";

const SWEEP_MS = 30_000;
const options = { connectTimeoutMs: 1_000 };

let pools: Pools;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  pools = createPools(readSettings({ POSTRIDER_DESTINATIONS_MAX: "2" }));
});
afterEach(async () => {
  await pools.close();
  vi.useRealTimers();
});

test("a destination is held for as long as it is used, and a minute longer", () => {
  const route = pools.get("https://a.example", options);
  for (let sweeps = 0; sweeps < 15; sweeps++) {
    vi.advanceTimersByTime(SWEEP_MS);
    expect(pools.get("https://a.example", options)).toBe(route);
  }
  vi.advanceTimersByTime(2 * SWEEP_MS);

  expect(pools.stats().destinations).toBe(0);
});

test("beyond the most destinations the least recently used one goes, and a refused one pushes none out", () => {
  const [a, b] = [pools.get("https://a.example", options), pools.get("https://b.example", options)];
  for (const origin of ["https://metadata.google.internal", "https://c.example:25"])
    expect(pools.get(origin, options)).toHaveProperty("verdict");
  expect(pools.stats().destinations).toBe(2);

  expect(pools.get("https://a.example", options)).toBe(a);
  pools.get("https://c.example", options);

  expect(pools.stats().destinations).toBe(2);
  expect(pools.get("https://a.example", options)).toBe(a);
  expect(pools.get("https://b.example", options)).not.toBe(b);
});

test("actions with rules of their own share no connections, those with the same rules do, whatever their timeouts", () => {
  const egress = { allowHosts: ["a.example"] };
  const route = pools.get("https://a.example", options);

  expect(pools.get("https://a.example", { ...options, egress })).not.toBe(route);
  expect(pools.get("https://a.example", { ...options, egress })).toBe(
    pools.get("https://a.example", { ...options, egress: { ...egress } }),
  );
  expect(pools.get("https://a.example", { connectTimeoutMs: 2_000 })).toBe(route);
  expect(pools.stats().destinations).toBe(1);
});

test("the limit on open files bounds the sockets, and a limit too low for the slots is told with one that is not", () => {
  const load = { slots: 200, ownLanesMax: 100 };

  expect(boundSockets(20_000, load)).toEqual({ max: 15_680, warning: null });
  expect(boundSockets(null, load)).toEqual({ max: Number.POSITIVE_INFINITY, warning: null });
  const { max, warning } = boundSockets(512, load);
  expect(max).toBe(89);
  expect(warning).toContain("raise it to 650 (ulimit -n)");
  expect(boundSockets(650, load)).toEqual({ max: 200, warning: null });
  expect(boundSockets(10, load).max).toBe(16);
});

test("the limit is read where the system tells it", () => {
  expect(readOpenFilesMax("/no/such/file")).toBeNull();
  expect(readOpenFilesMax() ?? 1).toBeGreaterThan(0);
});
