// What people start to try Postrider says of itself that nothing was lost or altered; and it is right.

import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, startProcess } from "../support/processes.ts";

test("the demo, with fewer customers: all arrive, none altered, a worker killed on the way", async () => {
  await using demo = startProcess(
    process.execPath,
    ["--conditions=@postrider/source", "--import", "tsx", join(ROOT, "demo/main.ts"), String(process.pid)],
    { DEMO_CUSTOMERS: "600" },
  );

  expect(await demo.exited).toEqual({ code: 0, signal: null });
  await demo.waitForOutput(/altered +0\b.*lost +0\b.*nothing lost, nothing altered/s);
});
