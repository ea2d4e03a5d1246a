import { expect, test } from "vitest";
import { createCustomersBody } from "./customers-body.ts";
import { createPendingCustomers } from "./pending-customers.ts";

const LINE_BYTES = '{"id":"c0"}\n'.length;

test("the source is pulled no further than the window reaches, until something is acknowledged", async () => {
  let pulled = 0;
  async function* customers() {
    for (; pulled < 100; ) yield { id: `c${pulled++ % 10}` };
  }
  const pending = createPendingCustomers(customers(), 5 * LINE_BYTES);
  const body = createCustomersBody(pending, "", () => undefined);
  const reader = body.stream.getReader();
  let text = "";
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += new TextDecoder().decode(value);
    }
  })();
  const untilStill = async (): Promise<void> => {
    for (let before = -1; before !== text.length; ) {
      before = text.length;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };

  await untilStill();
  expect({ pulled, sent: text.length / LINE_BYTES }).toEqual({ pulled: 5, sent: 5 });
  pending.acknowledge(3);
  await untilStill();
  expect({ pulled, sent: text.length / LINE_BYTES }).toEqual({ pulled: 8, sent: 8 });

  // A request that is begun anew sends what is not acknowledged, and what is left.
  body.stop();
  pending.acknowledge(4);
  const again = createCustomersBody(pending, "\n", () => undefined).stream.getReader();
  const { value } = await again.read();
  expect(new TextDecoder().decode(value).startsWith('\n{"id":"c4"}\n')).toBe(true);
  await reader.cancel();
  await reading;
});
