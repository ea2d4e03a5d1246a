// `postrider customers show`: what happened to this customer.

import type { CustomerDelivery } from "@postrider/producer/deliveries/customer-deliveries";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeTime } from "../readable.ts";
import { withService } from "../with-service.ts";
import { parseCount } from "./arguments.ts";

const SHOWN_DEFAULT = 20;

interface ShowOptions {
  readonly limit: number;
  readonly json?: boolean;
}

export function addCustomers(program: Command, { settings, output }: Context): void {
  program
    .command("customers")
    .description("Customers, by their deliveries")
    .command("show <customer>")
    .description(
      "List the latest deliveries of a customer, open ones first, then those that have ended of late",
    )
    .option("--limit <count>", "at most so many, up to 200", parseCount, SHOWN_DEFAULT)
    .option("--json", "for programs")
    .addHelpText(
      "after",
      `
Examples:
  postrider customers show c-4711
  postrider customers show ann@example.com --limit 100 --json`,
    )
    .action(async (customer: string, { limit, json }: ShowOptions) => {
      const deliveries = await withService(settings(), ({ customers }) =>
        customers.deliveries(customer, limit),
      );
      if (json === true) return output.json({ customer, deliveries });
      if (deliveries.length === 0)
        return output.line(
          "no deliveries; those that have ended are found for as long as POSTRIDER_CUSTOMERS_KEPT_MS says",
        );
      output.table(["DELIVERY", "ACTION", "RUN", "STATE", "WHEN", "WHY"], deliveries.map(toRow));
    });
}

function toRow({ id, action, run, state, enqueuedAt, dueAt, outcome }: CustomerDelivery): readonly unknown[] {
  if (outcome === null) {
    const at = dueAt ?? enqueuedAt;
    return [id, action, run, state, at === null ? null : describeTime(at), null];
  }
  const { reason, status, endedAt } = outcome;
  const why = status === null ? reason : `${reason} ${status}`;
  return [id, action, run, outcome.outcome, describeTime(endedAt), why];
}
