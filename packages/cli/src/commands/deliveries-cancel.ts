// `postrider deliveries cancel`: ends deliveries that wait, by their ids or by a filter.

import type { DeliveryCount } from "@postrider/producer/by-filter/list";
import type { DeliveryFilter } from "@postrider/shared/delivery-filter";
import { PostriderError } from "@postrider/shared/errors";
import type { Command } from "commander";
import { agree } from "../agree.ts";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { withService } from "../with-service.ts";
import { addFilterOptions, type FilterOptions, toSelection } from "./filter-options.ts";
import { createProgress } from "./progress-note.ts";

interface CancelOptions extends FilterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const DELIVERIES = { code: "filter_invalid", what: "deliveries" } as const;

export function addDeliveriesCancel(group: Command, context: Context): void {
  addFilterOptions(group.command("cancel [deliveries...]"), "waiting")
    .description("End deliveries that wait, delayed ones, too: they are not sent")
    .option("--all", "all that wait")
    .option("--dry-run", "count those that the filter means, and change nothing")
    .option("--yes", "by a filter: without being asked first")
    .option("--json", "for programs")
    .addHelpText(
      "after",
      `
What is in flight is left alone, and so is what has ended. Stopped half-way, the same command goes on with the rest.

Examples:
  postrider deliveries cancel ruIe2MQM.WawbLD80sNRZRc3V22zDfQ
  postrider deliveries cancel --action welcome@2 --dry-run
  postrider deliveries cancel --run spring --label vip --yes
  postrider deliveries cancel --destination https://api.example.com --to 2026-12-01T09:00:00Z --yes`,
    )
    .action((ids: string[], options: CancelOptions) => cancel(ids, options, context));
}

async function cancel(ids: readonly string[], options: CancelOptions, context: Context): Promise<void> {
  const selection = toSelection(ids, options, DELIVERIES);
  if ("filter" in selection) return await cancelByFilter(selection.filter, options, context);
  if (options.dryRun === true)
    throw new PostriderError("filter_invalid", "--dry-run counts what a filter means; it takes no ids");
  const { output } = context;
  await withService(context.settings(), async ({ deliveries }) => {
    for (const id of selection.ids) {
      await deliveries.cancel(id);
      if (options.json !== true) output.line(`${id} cancelled`);
    }
  });
  const [only] = selection.ids;
  if (options.json === true) output.json({ cancelled: selection.ids.length === 1 ? only : selection.ids });
}

async function cancelByFilter(
  filter: DeliveryFilter,
  { dryRun, yes, json }: CancelOptions,
  context: Context,
): Promise<void> {
  const isQuiet = json === true;
  if (dryRun === true) return await count(filter, isQuiet, context);
  if (yes !== true && !(await isAgreed(filter, context))) return;
  const progress = createProgress(isQuiet, context);
  const result = await untilInterrupted((signal) =>
    withService(context.settings(), ({ deliveries }) =>
      deliveries.cancelAll(filter, {
        signal,
        onProgress: ({ cancelled }) => progress(`${cancelled} cancelled`),
      }),
    ),
  );
  if (isQuiet) return context.output.json(result);
  const { cancelled, inFlight } = result;
  const left = inFlight > 0 ? `, ${inFlight} in flight left alone` : "";
  context.output.line(`${cancelled} cancelled${left}`);
}

async function count(filter: DeliveryFilter, isQuiet: boolean, context: Context): Promise<void> {
  const counted = await countThem(filter, context);
  if (isQuiet) context.output.json({ dryRun: true, ...counted });
  else context.output.line(`${describe(counted)} would be cancelled`);
}

function countThem(filter: DeliveryFilter, context: Context): Promise<DeliveryCount> {
  return withService(context.settings(), ({ deliveries }) => deliveries.countCancellable(filter));
}

function describe({ count: many, isComplete }: DeliveryCount): string {
  return isComplete ? String(many) : `at least ${many}`;
}

/** Whether somebody says yes. @throws `filter_invalid` where nobody can be asked. */
async function isAgreed(filter: DeliveryFilter, context: Context): Promise<boolean> {
  const text = `${describe(await countThem(filter, context))} would be cancelled`;
  const isYes = await agree(`${text}. Go on?`, context.surroundings);
  if (isYes === null)
    throw new PostriderError("filter_invalid", `${text}, and nobody can be asked: --yes cancels them`);
  if (isYes) return true;
  context.output.line("nothing cancelled");
  context.end(1);
  return false;
}
