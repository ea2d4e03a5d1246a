// A game day: faults one after the other, without a word which, for a person who finds them by dashboards
// and runbook alone and says so before being told.

import { createInterface } from "node:readline";
import { drawDashboards } from "./draw.ts";
import type { Fault } from "./fault.ts";
import type { Installation } from "./installation.ts";
import type { Watchers } from "./watchers.ts";

const FAULTS = 5;
/** Seconds that the pictures show. */
const SHOWN_S = 120;
/** Nobody types any more. */
const SILENT_MS = 900_000;

export interface GameDay {
  readonly faults: readonly Fault[];
  readonly installation: Installation;
  readonly watchers: Watchers;
  /** Null: no pictures. */
  readonly chromium: string | null;
  readonly say: (text: string) => void;
}

/** Reads standard input: a line `draw` draws the dashboards, any other is the finding, and ends the fault. */
export async function playGameDay(day: GameDay): Promise<void> {
  const { installation, watchers, say } = day;
  const lines = createInterface({ input: process.stdin, signal: AbortSignal.timeout(SILENT_MS) });
  const typed = lines[Symbol.asyncIterator]();
  say(`Prometheus ${watchers.prometheusUrl}, API ${installation.apiUrl}`);
  say(`for commands: POSTRIDER_REDIS_URL=${installation.environment["POSTRIDER_REDIS_URL"]}`);
  for (const [nth, fault] of shuffle(day.faults).slice(0, FAULTS).entries()) {
    const toldBefore = new Set(watchers.told.keys());
    const heal = await fault.begin(installation);
    say(`fault ${nth + 1} of ${FAULTS} has begun: what is it? ("draw" for pictures)`);
    const finding = await findOut(typed, day);
    await heal();
    const told = [...watchers.told.keys()].filter((name) => !toldBefore.has(name));
    say(`you said: ${finding}`);
    say(
      `it was: ${fault.name} (${fault.alerts.join(", ")}); the pager was told ${told.join(", ") || "nothing"}`,
    );
    if (finding === null) return;
  }
}

/** @returns null where the input has ended. */
async function findOut(
  typed: AsyncIterator<string>,
  { chromium, watchers, say }: GameDay,
): Promise<string | null> {
  for (;;) {
    const { value, done } = await typed.next();
    if (done === true) return null;
    if (value.trim() !== "draw") return value;
    const now = Date.now() / 1_000;
    if (chromium === null) say("pictures need --pictures");
    else await drawDashboards({ chromium, watchers, say, time: [now - SHOWN_S, now] });
  }
}

function shuffle<T>(given: readonly T[]): T[] {
  return given
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}
