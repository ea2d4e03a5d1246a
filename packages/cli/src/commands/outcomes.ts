// `postrider outcomes`: what became of deliveries, as they end; and how far those are who read them.

import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import { stringifyExact } from "@postrider/shared/exact-json";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeCount, describeCustomer, describeTime } from "../readable.ts";
import { addTold } from "./told.ts";

export function addOutcomes(program: Command, context: Context): void {
  addTold(program, context, {
    kind: "outcomes",
    description: "How deliveries ended, as they do",
    examples: [
      "postrider outcomes tail",
      "postrider outcomes tail --start oldest --once --json > outcomes.ndjson",
      "postrider outcomes tail --group warehouse --json | ./load-into-warehouse",
    ],
    keptBy: "POSTRIDER_OUTCOMES_KEPT",
    of: ({ outcomes }) => outcomes,
    toJson,
    toLine,
  });
}

function toJson({ endedAt, ...outcome }: ReadOutcome): string {
  return stringifyExact({ ...outcome, endedAt: new Date(endedAt).toISOString() });
}

function toLine(outcome: ReadOutcome): string {
  const { endedAt, reason, status, attempts, action, run, customer, id, labels, attributes } = outcome;
  const attributesText = Object.keys(attributes).length === 0 ? [] : [stringifyExact(attributes)];
  return [
    describeTime(endedAt),
    outcome.outcome,
    status === null ? reason : `${reason} ${status}`,
    describeCount(attempts, "attempt"),
    action,
    ...(run === null ? [] : [`run ${run}`]),
    `customer ${describeCustomer(customer ?? "")}`,
    id,
    ...labels.map((label) => `#${label}`),
    ...attributesText,
  ].join("  ");
}
