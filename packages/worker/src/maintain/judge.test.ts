import { expect, test } from "vitest";
import { isFailing } from "./judge.ts";

test.each([
  [{ ended: 19, failed: 19 }, false, false],
  [{ ended: 20, failed: 9 }, false, false],
  [{ ended: 20, failed: 10 }, false, true],
  [{ ended: 20, failed: 6 }, true, true],
  [{ ended: 20, failed: 5 }, true, true],
  [{ ended: 20, failed: 4 }, true, false],
  [{ ended: 1, failed: 0 }, true, false],
  [{ ended: 0, failed: 0 }, true, true],
  [{ ended: 0, failed: 0 }, false, false],
])("%j, failing before: %j → %j", (recent, was, is) => {
  expect(isFailing(recent, was)).toBe(is);
});
