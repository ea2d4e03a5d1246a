// What there is by name, in Redis or behind an API, for a shell that completes a word: quickly or not at all.

import type { Settings } from "@postrider/shared/settings/settings";
import type { Service } from "../service.ts";
import { loadService } from "../with-service.ts";
import type { IdKind } from "./tables.ts";

/** Somebody has pressed the tab key and waits: how long Redis or an API may take. */
const DEADLINE_MS = 1_000;
/** More are of no use to whoever looks at them. */
const IDS_MAX = 100;
/** Each costs a look at all own lanes. */
const RUNS_MAX = 20;

/**
 * Names of this kind; none where that is away, slow or full of other things. Nothing is thrown: what a shell
 * would print then stands in the middle of somebody's command line.
 * @param readSettings may throw: broken settings are no matter of completion.
 */
export async function askIds(kind: IdKind, readSettings: () => Settings): Promise<readonly string[]> {
  try {
    const withService = await loadService(readSettings());
    const late = new Promise<readonly string[]>((resolve) => {
      setTimeout(resolve, DEADLINE_MS, []).unref();
    });
    const ids = await Promise.race([withService(ASK[kind]), late]);
    return ids.filter((id) => PLAIN.test(id)).slice(0, IDS_MAX);
  } catch {
    return [];
  }
}

/** Nothing that a shell would read as more than one word, or as anything but itself. */
const PLAIN = /^[A-Za-z0-9@._:/[\]-]+$/;

const ASK: Readonly<Record<IdKind, (service: Service) => Promise<readonly string[]>>> = {
  action: async ({ actions }) => (await actions.list()).map(({ id }) => id),
  run: async ({ runs }) => (await runs.list(RUNS_MAX)).map(({ run }) => run),
  destination: async ({ destinations }) => (await destinations.list()).map(({ origin }) => origin),
  lane: async ({ laneNames }) => laneNames(),
  group: async ({ outcomes }) => (await outcomes.groups()).map(({ group }) => group),
};
