// One sentence on how things stand, for whoever was woken by a pager. Pure.

import type { Operations } from "@postrider/client/generated";
import { showMany, showSpan } from "../../words/numbers.ts";

export type Overview = Operations["getOverview"]["reply"];

export interface Verdict {
  readonly tone: "good" | "warn" | "bad" | "quiet";
  readonly title: string;
  readonly text: string;
}

/** A worker tells of itself every few seconds. */
const SILENT_MS = 30_000;
/** What is due is sent within seconds, unless too much is due. */
export const LATE_MS = 60_000;

/** The gravest thing first; what a campaign does on purpose, such as a pause, is no trouble. */
export function judge(overview: Overview): Verdict {
  const { lanes, destinations, workers, enqueued } = overview;
  const alive = workers.filter(({ silentMs }) => silentMs < SILENT_MS).length;
  const waiting = lanes.reduce((sum, lane) => sum + lane.waiting, 0) + overview.ownLanes.waiting;
  const unserved = lanes.filter((lane) => !lane.isServed && lane.waiting > 0);
  const late = lanes.filter((lane) => lane.waiting > 0 && lane.oldestAgeMs > LATE_MS);
  if (overview.shardsAway.length > 0) return tellShardsAway(overview.shardsAway);
  if (alive === 0)
    return {
      tone: "bad",
      title: "No worker is running",
      text: `${showMany(waiting, "delivery waits", "deliveries wait")}. Start one: postrider worker`,
    };
  if (unserved.length > 0)
    return {
      tone: "bad",
      title: `Nobody serves ${unserved.map(({ lane }) => lane).join(", ")}`,
      text: "What waits there waits for ever: start a worker whose POSTRIDER_LANES name it",
    };
  const open = destinations.filter(({ state }) => state.startsWith("circuit"));
  if (open.length > 0)
    return {
      tone: "bad",
      title: `${showMany(open.length, "destination fails", "destinations fail")}`,
      text: "Its circuit is open: deliveries to it wait, and all others flow",
    };
  const [oldest] = [...late].sort((a, b) => b.oldestAgeMs - a.oldestAgeMs);
  if (oldest !== undefined)
    return {
      tone: "warn",
      title: "Flowing, and behind",
      text: `The oldest delivery in ${oldest.lane} has waited for ${showSpan(oldest.oldestAgeMs)}`,
    };
  if (destinations.length > 0)
    return {
      tone: "warn",
      title: "Flowing",
      text: `${showMany(destinations.length, "destination is", "destinations are")} held back`,
    };
  return {
    tone: enqueued === 0 ? "quiet" : "good",
    title: enqueued === 0 ? "Ready" : "All is flowing",
    text:
      enqueued === 0
        ? "Nothing was enqueued yet"
        : `${showMany(waiting, "delivery waits", "deliveries wait")}`,
  };
}

function tellShardsAway(shards: readonly string[]): Verdict {
  const names = shards.join(", ");
  return {
    tone: "bad",
    title:
      shards.length === 1 ? `The Redis of shard ${names} is away` : `The Redis of shards ${names} is away`,
    text: "What lies there waits, and is missing from these numbers; all else flows",
  };
}

/** What happened in a second, between two looks; null with one look alone. */
export function rateOf(
  field: "enqueued" | "ended",
  { data, before }: { readonly data: Overview | null; readonly before: Overview | null },
): number | null {
  if (data === null || before === null) return null;
  const ms = Date.parse(data.at) - Date.parse(before.at);
  // Counters begin anew where Redis was emptied.
  return ms <= 0 ? null : Math.max(0, ((data[field] - before[field]) * 1_000) / ms);
}
