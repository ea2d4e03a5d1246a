// What is in Redis by name, for a shell that completes a word: quickly or not at all.

import type { Producer } from "@postrider/producer/producer";
import type { Settings } from "@postrider/shared/settings/settings";
import { withProducer } from "../with-producer.ts";
import type { IdKind } from "./tables.ts";

/** Somebody has pressed the tab key and waits. */
const DEADLINE_MS = 1_000;
/** More are of no use to whoever looks at them. */
const IDS_MAX = 100;
/** Each costs a look at all own lanes. */
const RUNS_MAX = 20;

/**
 * Names of this kind; none where Redis is away, slow or full of other things. Nothing is thrown: what a shell
 * would print then stands in the middle of somebody's command line.
 * @param readSettings may throw: broken settings are no matter of completion.
 */
export async function askIds(kind: IdKind, readSettings: () => Settings): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => {
    setTimeout(resolve, DEADLINE_MS, []).unref();
  });
  try {
    const ids = await Promise.race([withProducer(readSettings(), ASK[kind]), late]);
    return ids.filter((id) => PLAIN.test(id)).slice(0, IDS_MAX);
  } catch {
    return [];
  }
}

/** Nothing that a shell would read as more than one word, or as anything but itself. */
const PLAIN = /^[A-Za-z0-9@._:/[\]-]+$/;

const ASK: Readonly<Record<IdKind, (producer: Producer) => Promise<readonly string[]>>> = {
  action: async ({ actions }) => (await actions.list()).map(({ id }) => id),
  run: async ({ runs }) => (await runs.list(RUNS_MAX)).map(({ run }) => run),
  destination: async ({ destinations }) => (await destinations.list()).map(({ origin }) => origin),
  lane: async ({ lanes }) => [...new Set([...(await lanes.known()), ...(await lanes.served())])],
  group: async ({ outcomes }) => (await outcomes.groups()).map(({ group }) => group),
};
