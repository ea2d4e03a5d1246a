// Outcomes through the API: page by page, and as they come.

import type { OutcomeTold } from "@postrider/client/follow-outcomes";
import type { Operations } from "@postrider/client/generated";
import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteOutcomes({ call, outcomes }: Remote): Service["outcomes"] {
  return {
    async read(query = {}) {
      const page = await call("listOutcomes", { query });
      return { outcomes: page.outcomes.map(toReadOutcome), after: page.after, missed: page.missed };
    },
    async groups() {
      const { groups } = await call("listOutcomeGroups");
      return groups.map(({ group, unread, readAt }) => ({ group, unread, readAt: toMs(readAt) }));
    },
    removeGroup: async (group) => void (await call("deleteOutcomeGroup", { params: { group } })),
    async *follow(options) {
      for await (const outcome of outcomes(options)) yield toReadOutcome(outcome);
    },
  };
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
