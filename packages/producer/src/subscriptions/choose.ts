// What a subscription delivers of a page of what was told.

import { decodeEvent } from "@postrider/shared/operator-event";
import { decodeOutcomeEntry } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import {
  deliversEvent,
  deliversOutcome,
  type OwnParts,
  type StoredSubscription,
  toCarried,
  toCarriedOutcome,
} from "./carried-event.ts";
import type { Choose } from "./carry.ts";

interface ChooseOptions {
  readonly sealer: Sealer;
  /** What subscriptions themselves use, looked up where an event asks for it. */
  readonly findOwn: () => Promise<OwnParts>;
}

export function createChoose({ sealer, findOwn }: ChooseOptions): Choose {
  return async ({ events = [], outcomes }, kind, { entries }) => {
    const told = entries.map(([place, entry]) => {
      return { place, entry, at: Number(place.slice(place.indexOf("-") + 1)) };
    });
    if (kind === "events") {
      const own = entries.length === 0 ? NOTHING : await findOwn();
      const all = told.map(({ entry, at }) => decodeEvent(entry, at));
      return all.filter((event) => deliversEvent(events, event, own)).map(toCarried);
    }
    if (outcomes === undefined) return [];
    return told
      .map(({ place, entry, at }) => ({ place, outcome: decodeOutcomeEntry(entry, at, sealer) }))
      .filter(({ outcome }) => deliversOutcome(outcomes, outcome))
      .map(({ place, outcome }) => toCarriedOutcome(outcome, place));
  };
}

const NOTHING: OwnParts = { actions: new Set(), destinations: new Set() };

/** What these subscriptions use: their actions, and where the actions' latest versions send. */
export async function findOwnParts(
  subscriptions: readonly StoredSubscription[],
  findOrigin: FindActionOrigin,
): Promise<OwnParts> {
  const refs = [...new Set(subscriptions.map(({ action }) => action))];
  const origins: string[] = [];
  for (const ref of refs) {
    const origin = await findOrigin(ref);
    if (origin !== null) origins.push(origin);
  }
  return { actions: new Set(refs.map((ref) => ref.split("@", 1)[0] ?? "")), destinations: new Set(origins) };
}
