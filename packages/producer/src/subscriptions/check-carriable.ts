// Whether an action can deliver what a subscription chooses: its URL names its host, and its templates can be
// composed of events, which come with no customer but the subscription itself.

import { compileAction } from "@postrider/compose/compile";
import { findMissing, findReadings } from "@postrider/compose/describe";
import { toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import type { Action } from "@postrider/shared/action";

import type { SubscriptionDocument } from "@postrider/shared/subscription";
import { findOrigin } from "../actions/origin.ts";
import { NO_HOST } from "./deliver-carried.ts";
import { toSample } from "./sample-event.ts";

/** Attributes are as actions capture them, so that no sample has them all. */
const ATTRIBUTES = "event.data.attributes";

/**
 * @param action with its snippets. @returns what to change; null: nothing is in the way.
 * @throws `action_invalid` for templates that do not compile.
 */
export function findObstacle(action: Action, id: string, document: SubscriptionDocument): string | null {
  if (findOrigin(action.url) === null) return NO_HOST;
  const compiled = compileAction(action);
  const readings = findReadings(compiled);
  const types = [...(document.events ?? []), ...(document.outcomes === undefined ? [] : [undefined])];
  for (const type of types) {
    const sample = toSample({ outcomes: document.outcomes }, type, 0);
    const data = toScope({ customer: { id }, event: sample }, sample.id);
    const scope = withMaskedSecrets(data, action);
    // What is not provably cheap is composed by workers alone, where it can be stopped.
    if (!compiled.isCheapFor(scope)) continue;
    const composed = compiled.compose({ id: sample.id, dueAt: 0 }, scope);
    if (composed.kind !== "problem") continue;
    if (findMissing(readings, data).some((path) => path.startsWith(ATTRIBUTES))) continue;
    const [{ field, message } = { field: "", message: "" }] = composed.problems;
    return `cannot be composed of ${sample.type} (${field}: ${message}); give subscriptions an action of their own, whose templates read event, and of customer nothing but its id`;
  }
  return null;
}
