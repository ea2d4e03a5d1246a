// What receivers answer, through a whole system: how often the request arrives, how the delivery ends, and
// what is kept for a person.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Behaviour, ok, reply } from "../support/receiver.ts";
import { type System, startSystem } from "../support/system.ts";

/** A status, and less of a body than it promises. */
function cutShort(status: number): Behaviour {
  return (response) => {
    response.writeHead(status, { "content-length": "1000" });
    response.write('{"ok": tr', () => response.destroy());
  };
}

const continueUnasked: Behaviour = (response) => {
  response.writeContinue();
  ok()(response);
};

async function deliverOne(system: System, document: Parameters<System["apply"]>[0] = {}) {
  await system.apply(document);
  await system.startWorker();
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () =>
    expect(await system.producer.deliveries.show(id)).toMatchObject({
      outcome: { outcome: expect.any(String) },
    }),
  );
  return system.producer.deliveries.show(id);
}

const OK = { json: "/ok", is: true, otherwise: 503 };

test("a 100 Continue that nobody asked for is no reason to send again: one request, delivered", async () => {
  await using system = await startSystem(() => continueUnasked);
  expect(await deliverOne(system)).toMatchObject({
    outcome: { outcome: "delivered", status: 200, attempts: 1 },
  });
  expect(system.receiver.requests).toHaveLength(1);
});

test.each([
  [200, "delivered", "reply_2xx"],
  [400, "failed", "reply_4xx"],
  [410, "failed", "gone"],
])("a %i that is cut short is one request, and ends as %s (%s)", async (status, outcome, reason) => {
  await using system = await startSystem(() => cutShort(status));
  expect(await deliverOne(system)).toMatchObject({ outcome: { outcome, reason, status, attempts: 1 } });
  expect(system.receiver.requests).toHaveLength(1);
});

test("the dead letter of an answer that was cut short holds its status, what came, and what happened to it", async () => {
  await using system = await startSystem(() => cutShort(400));
  const { id } = await deliverOne(system);
  const letter = await system.producer.deadLetters.show(id);
  expect(letter).toMatchObject({
    reason: "reply_4xx",
    history: [
      {
        finding: {
          status: 400,
          body: '{"ok": tr',
          isCut: true,
          trouble: expect.stringMatching(/closed|RESET/),
        },
      },
    ],
  });
});

test("a 200 that says that it failed is judged as the status that the action names, Retry-After included", async () => {
  const refusal = reply(200, { "retry-after": "1" }, '{"ok": false, "error": "ratelimited"}');
  await using system = await startSystem((_, { nth }) =>
    nth === 1 ? refusal : reply(200, {}, '{"ok": true}'),
  );

  expect(await deliverOne(system, { success: OK })).toMatchObject({
    outcome: { outcome: "delivered", attempts: 2 },
  });
  const [first, second] = system.receiver.requests;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test.each<[string, Behaviour, string]>([
  ["says no", reply(200, {}, '{"ok": false}'), "/ok is false, not true"],
  ["is no JSON", reply(200, {}, "<html>"), "the body is not JSON"],
  ["is cut short", cutShort(200), "the body is cut short: "],
  [
    "is longer than is kept",
    reply(200, {}, JSON.stringify({ ok: true, rest: "x".repeat(70_000) })),
    "longer than",
  ],
])(
  "an answer that %s is a dead letter with a reason of its own, and tells why",
  async (_, answer, message) => {
    await using system = await startSystem(() => answer);
    const { id } = await deliverOne(system, { success: { json: "/ok", is: true } });

    expect(system.receiver.requests).toHaveLength(1);
    expect(await system.producer.deadLetters.show(id)).toMatchObject({
      reason: "reply_unsuccessful",
      history: [{ finding: { status: 200, judged: { as: 422, message: expect.stringContaining(message) } } }],
    });
  },
);
