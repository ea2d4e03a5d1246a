import { expect, test } from "vitest";
import { collectGarbage } from "../../../tests/support/held-bytes.ts";
import { joinSignals } from "./join-signals.ts";

/** Comes after the time-outs of as many ms that began before it: timers of one length fire in their order. */
async function pass(ms: number): Promise<void> {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, ms);
  while (!isOver) {
    await new Promise(setImmediate);
    collectGarbage();
  }
}

test("a time-out that nobody else holds ends it, although garbage is collected meanwhile", async () => {
  const read = joinSignals(AbortSignal.timeout(50), undefined);
  const listened = joinSignals(new AbortController().signal, AbortSignal.timeout(50));
  const reasons: unknown[] = [];
  listened.addEventListener("abort", () => reasons.push(listened.reason));

  await pass(50);

  expect([read.aborted, listened.aborted]).toEqual([true, true]);
  expect(read.reason).toMatchObject({ name: "TimeoutError" });
  expect(reasons).toEqual([listened.reason]);
});

test("what was aborted stays so, although who did it is gone", async () => {
  const begin = (): AbortSignal => {
    const controller = new AbortController();
    const joint = joinSignals(controller.signal);
    controller.abort("stop");
    return joint;
  };
  const joint = begin();

  await pass(1);

  expect([joint.aborted, joint.reason]).toEqual([true, "stop"]);
});

test("without any it goes on, and one that is aborted already is its end", () => {
  expect(joinSignals(undefined).aborted).toBe(false);
  expect(joinSignals(new AbortController().signal, AbortSignal.abort("before")).reason).toBe("before");
});
