// What a worker shows of its connections and of the tokens that it fetched.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ok, reply } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

const TOKEN = JSON.stringify({ access_token: "t0ken", token_type: "Bearer", expires_in: 3600 });

test("sockets with their bound, destinations, and token fetches by what came of them", async () => {
  const secretKeys = newKey("k1");
  let asked = 0;
  await using system = await startSystem(
    ({ path }) => {
      if (path !== "/token") return ok();
      asked += 1;
      return asked === 1 ? reply(503) : reply(200, {}, TOKEN);
    },
    { secretKeys },
  );
  const oauth2 = { tokenUrl: `${system.receiver.url}/token`, clientId: "c", clientSecret: "written-in" };
  await system.apply({ auth: { oauth2 }, retry: { ...SOON, attempts: 1 } });
  const worker = await system.startWorker({ POSTRIDER_SECRET_KEYS: secretKeys });
  const shown = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${worker.metricsPort}/metrics`)).text();
  expect(await shown()).toMatch(/^postrider_token_fetches_total\{result="issued"\} 0$/m);

  await system.producer.enqueueMany({ action: "a", run: "r", customers: customers(3) });
  await system.untilEnded("r");

  const metrics = await shown();
  expect(metrics).toMatch(/^postrider_token_fetches_total\{result="issued"\} 1$/m);
  expect(metrics).toMatch(/^postrider_token_fetches_total\{result="unavailable"\} 1$/m);
  expect(metrics).toMatch(/^postrider_destinations_held 1$/m);
  expect(metrics).toMatch(/^postrider_sockets_max (?:\d+|\+Inf)$/m);
  expect(metrics).toMatch(/^postrider_sockets_refused_total 0$/m);
  // The receiver's connections close when they have been idle for some seconds.
  await eventually(async () => expect(await shown()).toMatch(/^postrider_sockets 0$/m));
});
