// `postrider deliveries list`: deliveries by a filter, wherever they are.

import type { DeliveryList } from "@postrider/producer/by-filter/list";
import type { ListedDelivery } from "@postrider/producer/by-filter/source";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeCustomer, describeTime } from "../readable.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";
import { parseCount } from "./arguments.ts";
import { addFilterOptions, type FilterOptions, toFilter } from "./filter-options.ts";

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly after?: string;
  readonly json?: boolean;
}

/** As many as one page has at most. */
const LIST_AT_ONCE = 1_000;

export function addDeliveriesList(group: Command, context: Context): void {
  addFilterOptions(group.command("list"), "deliveries")
    .description("List deliveries: what is open first, lane by lane, then what has ended, the latest first")
    .option("--limit <n>", "how many at most", parseCount, 50)
    .option("--after <cursor>", "go on behind an earlier list")
    .option("--json", "for programs")
    .addHelpText(
      "after",
      `
Examples:
  postrider deliveries list --run spring --state waiting
  postrider deliveries list --customer c-4711
  postrider deliveries list --outcome failed --destination https://api.example.com --from 2026-12-01T09:00:00Z`,
    )
    .action((options: ListOptions) => list(options, context));
}

async function list({ limit, after, json, ...filter }: ListOptions, context: Context): Promise<void> {
  const { output } = context;
  const found = await withService(context.settings(), (producer) =>
    pull(producer, toFilter(filter), { limit, after }),
  );
  if (json === true) return output.json(found);
  if (found.deliveries.length === 0) return output.line("no deliveries match");
  output.table(
    ["DELIVERY", "STATE", "LANE", "ACTION", "CUSTOMER", "RUN", "WHEN", "WHY"],
    found.deliveries.map(toRow),
  );
  if (found.after !== null) output.line(`${found.deliveries.length} shown; --after ${found.after} goes on`);
}

/** One call looks at a bounded number of deliveries; the command goes on until it has enough. */
async function pull(
  { deliveries }: Service,
  filter: ReturnType<typeof toFilter>,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<DeliveryList> {
  const found: ListedDelivery[] = [];
  let looked = 0;
  for (let at = after; ; ) {
    const count = Math.min(limit - found.length, LIST_AT_ONCE);
    const page = await deliveries.list({ ...filter, limit: count, after: at });
    found.push(...page.deliveries);
    looked += page.looked;
    if (page.after === null || found.length >= limit) return { deliveries: found, looked, after: page.after };
    at = page.after;
  }
}

function toRow({ id, state, lane, action, customerId, run, outcome, ...times }: ListedDelivery): unknown[] {
  const customer = describeCustomer(customerId ?? "");
  if (outcome === null) {
    const at = times.dueAt ?? times.enqueuedAt;
    return [id, state, lane, action, customer, run, at === null ? null : describeTime(at), null];
  }
  const { reason, status, endedAt } = outcome;
  const why = status === null ? reason : `${reason} ${status}`;
  return [id, outcome.outcome, lane, action, customer, run, describeTime(endedAt), why];
}
