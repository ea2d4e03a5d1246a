import { expect, test } from "vitest";
import { createSleeper } from "./sleeper.ts";

test("a sleep ends by itself, or when it is interrupted, and none begins after that", async () => {
  expect(await createSleeper().sleep(5)).toBe(true);
  expect(await createSleeper().sleep(-5)).toBe(true);

  const sleeper = createSleeper();
  const sleeping = sleeper.sleep(2 ** 30);
  sleeper.interrupt();
  expect(await sleeping).toBe(false);
  expect(await sleeper.sleep(2 ** 30)).toBe(false);
  expect(await sleeper.sleep(0)).toBe(false);
});
