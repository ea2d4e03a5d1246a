// What the capacity planner knows is made of the bench's results.

import { expect, test } from "vitest";
import { toPlanCosts } from "../../scripts/plan-costs.ts";

const RESULT = {
  deliveriesPerSecond: 8_000,
  nodeMicrosPerDelivery: 100,
  redisMicrosPerDelivery: 50,
  keptBytesPerDelivery: 300,
};

function round(nodeMicros: number) {
  const at = (perSecond: number, times: number) => ({
    perSecond,
    nodeMicros: times * nodeMicros,
    redisMicros: times * 10,
    redisReadBytes: times * 1_000,
    redisWrittenBytes: times * 100,
  });
  return {
    paced: [at(0, 1), at(1_000, 200)],
    nodeMicrosPerKilobyte: 5,
    redisMicrosPerKilobyte: 6,
    redisReadBytesPerByte: 1,
    redisWrittenBytesPerByte: 1,
    nodeMicrosPerRefusal: 300,
    redisMicrosPerRefusal: 40,
    redisReadBytesPerRefusal: 2_000,
    redisWrittenBytesPerRefusal: 500,
    requestBytes: 250,
    answerBytes: 120,
    waiting: [{ payloadBytes: 200, bytes: 900 }],
    nodeMicrosPerShard: 15_000,
    redisMicrosPerShard: 4_000,
    redisReadBytesPerShard: 90_000,
    redisWrittenBytesPerShard: 20_000,
    redisConnections: 3,
  };
}

const REPORT = {
  results: [
    { name: "postrider", ...RESULT },
    { name: "keeping-nothing", ...RESULT, keptBytesPerDelivery: 240 },
  ],
  enqueue: [{ name: "postrider", redisMicrosPerDelivery: 30 }],
  plan: [round(1_000), round(1_200), round(5_000)],
  circumstances: { node: "v20", redis: "7", cpu: "a core", sink: "nginx", rounds: 3 },
};

test("curves are medians of the rounds, and end where a process is at its one core", () => {
  const costs = toPlanCosts(REPORT);

  expect(costs.nodeMicros).toEqual([
    [0, 1_200],
    [1_000, 240_000],
    [10_000, 1_000_000],
  ]);
  // Enqueueing included, as at lower rates.
  expect(costs.redisMicros.at(-1)).toEqual([10_000, 800_000]);
  expect(costs).toMatchObject({ endedBytes: 240, outcomeBytes: 60, waitingBytes: [[200, 900]] });
  expect(costs.measuredOn).toBe("a core, Node v20, Redis 7, 3 rounds");
});

test("results that lack a part are refused, with what to measure", () => {
  expect(() => toPlanCosts({ ...REPORT, plan: [] })).toThrow("--only postrider,keeping-nothing,plan");
  expect(() => toPlanCosts({ ...REPORT, results: [] })).toThrow("lack postrider");
});
