// Outcomes through the API: page by page, and as they come.

import type { OutcomeTold } from "@postrider/client/follow-told";
import type { Operations } from "@postrider/client/generated";
import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteOutcomes({ call, outcomes }: Remote): Service["outcomes"] {
  return {
    async page(query) {
      const { outcomes: told, after, missed } = await call("listOutcomes", { query });
      return { entries: told.map(toReadOutcome), after, missed };
    },
    groups: async () => (await call("listOutcomeGroups")).groups.map(toGroup),
    removeGroup: async (group) => void (await call("deleteOutcomeGroup", { params: { group } })),
    async *follow(options) {
      for await (const outcome of outcomes(options)) yield toReadOutcome(outcome);
    },
  };
}

type GroupTold = Operations["listOutcomeGroups"]["reply"]["groups"][number];

export function toGroup({ group, unread, readAt }: GroupTold) {
  return { group, unread, readAt: toMs(readAt) };
}

function toReadOutcome(told: OutcomeTold): ReadOutcome {
  const { cursor, ...outcome } = told;
  return { cursor, ...toOutcome(outcome) };
}

/** In the order of a producer's own. */
export function toOutcome(
  told: Omit<Operations["listOutcomes"]["reply"]["outcomes"][number], "cursor">,
): DeliveryOutcome {
  const { id, action, run, customer, outcome, reason, status, attempts, endedAt, labels, ...rest } = told;
  const { latencyMs, sendMs, attributes, missing, cut } = rest;
  return {
    ...{ id, action, run, customer, outcome, reason, status, attempts },
    endedAt: toMs(endedAt),
    ...{ labels, latencyMs, sendMs, attributes, missing, cut },
  };
}
