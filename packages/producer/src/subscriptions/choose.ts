// What a subscription delivers of a page of what was told.

import { timeOf } from "@postrider/redis/reader-groups";
import { decodeEvent } from "@postrider/shared/operator-event";
import { openOutcome, type StoredOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import {
  type Carried,
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
  return async ({ events = [], outcomes }, { entries }) => {
    const isOfEvents = typeof entries[0]?.told === "string";
    const own = isOfEvents ? await findOwn() : NOTHING;
    const ofEvent = (text: string, at: number): Carried[] => {
      const event = decodeEvent(text, at);
      return deliversEvent(events, event, own) ? [toCarried(event)] : [];
    };
    const ofOutcome = (stored: StoredOutcome, id: string): Carried[] => {
      if (outcomes === undefined) return [];
      const outcome = openOutcome(stored, timeOf(id), sealer);
      return deliversOutcome(outcomes, outcome) ? [toCarriedOutcome(outcome, id)] : [];
    };
    return entries.flatMap(({ id, told }) =>
      typeof told === "string" ? ofEvent(told, timeOf(id)) : ofOutcome(told, id),
    );
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
