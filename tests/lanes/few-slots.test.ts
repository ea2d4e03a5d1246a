// A lane with few slots, as a process has that serves many shards: there, too, who hangs is led out.

import { expect, test } from "vitest";
import { hang, startReceiver } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

test.each([1, 4])(
  "with %i slots a destination that hangs is led out, and the others go on",
  async (slots) => {
    await using system = await startSystem();
    await using hanging = await startReceiver(() => hang());
    const { producer } = system;
    await system.apply();
    await producer.actions.apply({ id: "hangs", url: `${hanging.url}/x`, body: "{}", timeoutMs: 90_000 });
    await producer.enqueueMany({ action: "hangs", customers: customers(40), run: "hangs" });
    await producer.enqueueMany({ action: "a", customers: customers(50), run: "r" });

    await system.startWorker({ POSTRIDER_CONCURRENCY: String(slots) });

    // Otherwise each slot would be free again only when its attempt times out.
    expect(await producer.runs.wait("r", { timeoutMs: 80_000 })).toMatchObject({ delivered: 50 });
  },
);
