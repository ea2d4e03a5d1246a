// The capacity planner on the command line.

import { expect, test } from "vitest";
import { run } from "../support/command-line.ts";

const LOAD = ["--rate", "5000", "--latency", "200", "--backlog", "1000000", "--payload", "1000"];

test("a plan is told to people as a table, and to programs as figures", async () => {
  const [said, asked] = [await run(["plan", ...LOAD]), await run(["plan", ...LOAD, "--json"])];
  const { load, plan, measuredOn } = JSON.parse(asked.stdout);

  expect([said.code, asked.code]).toEqual([0, 0]);
  expect(said.stdout).toMatch(/^worker processes +\d+ +[\d.]+ cores busy/m);
  expect(said.stdout).toContain(measuredOn);
  expect(load).toEqual({
    ratePerSecond: 5_000,
    latencyMs: 200,
    backlog: 1_000_000,
    payloadBytes: 1_000,
    failures: 0,
    perDay: 432_000_000,
    ownLanes: 0,
  });
  expect(plan.workers.inFlight).toBe(1_000);
  expect(said.stdout).toMatch(new RegExp(`^POSTRIDER_CONCURRENCY +${plan.workers.concurrency} `, "m"));
});

test("a plan goes by the settings that are set", async () => {
  // One shard carries it whatever the latest release was measured to cost.
  const small = [...LOAD, "--rate", "500"];
  const usual = JSON.parse((await run(["plan", ...small, "--json"])).stdout);
  const environment = { POSTRIDER_IDEMPOTENCY_WINDOW_MS: "3600000", POSTRIDER_LANES: "bulk" };
  const sharded = await run(["plan", ...small, "--json"], { POSTRIDER_SHARDS: "4" });
  const { plan } = JSON.parse((await run(["plan", ...small, "--json"], environment)).stdout);

  expect(plan.shards.memory.ended).toBeCloseTo(usual.plan.shards.memory.ended / 24, 0);
  expect(usual.plan.shards.count).toBe(1);
  expect(JSON.parse(sharded.stdout).plan.shards.count).toBe(4);
  expect(plan.shards.connections).toBe(usual.plan.shards.connections - plan.workers.processes);
});

test("what cannot be meant names the option and what to write", async () => {
  for (const [option, value, told] of [
    ["--rate", "fast", "must be a number from 0.1"],
    ["--latency", "-1", "must be a number from 0"],
    ["--backlog", "1.5", "must be a whole number from 0"],
    ["--payload", "0", "must be a whole number from 2"],
    ["--failures", "1", "must be a share from 0 to 0.9"],
    ["--per-day", "many", "must be a whole number from 1"],
    ["--own-lanes", "-3", "must be a whole number from 0"],
  ] as const) {
    const { code, stderr } = await run(["plan", ...LOAD, option, value]);
    expect(stderr).toContain(option);
    expect(stderr).toContain(told);
    expect(code).toBe(2);
  }
  const { code, stderr } = await run(["plan", "--rate", "1"]);
  expect(stderr).toContain("required option '--latency <ms>' not specified");
  expect(code).toBe(2);
});
