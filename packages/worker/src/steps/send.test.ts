import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Draft } from "../draft.ts";
import { createSend } from "./send.ts";

test("an attempt is not over before what its probe met is told", async () => {
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const { run } = createSend({
    authorize: () => ({ kind: "unready", reason: "auth_unavailable", message: "" }),
    begin: () => () => told,
    awaitTurn: () => null,
    send: () => Promise.reject(new Error("nothing is sent")),
    now: Date.now,
  });
  const draft = {
    claimed: { id: "d" },
    action: { action: { timeoutMs: 60_000 } },
    request: { origin: "https://x.example" },
    unsealed: { delivery: {}, secrets: {} },
    sensitive: new Set(),
  } as unknown as Draft;

  let isOver = false;
  const over = Promise.resolve(run(draft)).then(() => {
    isOver = true;
  });
  await setImmediate();
  expect(isOver).toBe(false);
  tell();
  await over;
});
