// Load as a campaign engine makes it: transactional deliveries one by one, campaigns in bulk, some through
// the API, some that fail, some duplicates.

import { customers } from "../../support/system.ts";
import type { Installation } from "./installation.ts";

export interface Load {
  stop(): Promise<void>;
}

/** What load sends; each is an action of this name. */
export async function applyActions({ apply, destinations }: Installation): Promise<void> {
  await apply("receipt", "/ok");
  await apply("newsletter", "/slow", { url: `${destinations.origin(1)}/slow` });
  await apply("limited", "/ok", { url: `${destinations.origin(2)}/ok`, limits: { ratePerSecond: 50 } });
  await apply("shaky", "/down", {
    url: `${destinations.origin(3)}/down`,
    retry: { attempts: 2, baseMs: 200, factor: 1, maxMs: 200 },
  });
  await apply("crowded", "/busy", { url: `${destinations.origin(4)}/busy` });
}

/** Sends until it is stopped. What Redis or the API refuse meanwhile is no fault of the load. */
export function startLoad({ producer, apiUrl }: Installation): Load {
  let isStopped = false;
  let nth = 0;
  const turn = async (): Promise<void> => {
    nth += 1;
    const run = `campaign-${Math.floor(nth / 10)}`;
    const receipts = customers(15).map((customer) => ({ ...customer, id: `${customer.id}-${nth}` }));
    await producer.enqueueMany({
      action: "receipt",
      lane: "transactional",
      customers: receipts,
      run: `receipts-${nth}`,
    });
    await producer.enqueueMany({ action: "newsletter", customers: receipts, run, open: true });
    await producer.enqueueMany({ action: "limited", customers: receipts.slice(0, 4), run: `limited-${nth}` });
    if (nth % 20 === 0) {
      await producer.enqueueMany({
        action: "crowded",
        customers: receipts.slice(0, 3),
        run: `crowded-${nth}`,
      });
      await producer.enqueueMany({ action: "newsletter", customers: receipts, run, open: true });
    }
    if (nth % 50 === 0)
      await producer.enqueueMany({ action: "shaky", customers: receipts.slice(0, 3), run: `shaky-${nth}` });
    await byHttp(apiUrl, nth);
  };
  const running = (async () => {
    while (!isStopped) {
      await turn().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

/** What people and programs ask of the API. */
async function byHttp(apiUrl: string, nth: number): Promise<void> {
  const ask = (path: string, body?: unknown) =>
    fetch(`${apiUrl}${path}`, {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(5_000),
    }).then((response) => response.arrayBuffer());
  await Promise.all([
    ask("/v1/deliveries", { action: "receipt", lane: "transactional", customer: { id: `http-${nth}` } }),
    ask("/v1/deliveries", { action: "receipt", lane: "transactional", customer: { id: `http-${nth}-2` } }),
    nth % 8 === 0 ? ask("/v1/runs") : null,
    nth % 40 === 0 ? ask("/v1/runs/no-such-run") : null,
  ]);
}
