// `postrider subscriptions`: which events and outcomes are delivered as webhooks, and by which action.

import type { Subscription } from "@postrider/producer/subscriptions/subscriptions";
import { EVENT_TYPES } from "@postrider/shared/operator-event";
import type { SubscriptionDocument } from "@postrider/shared/subscription";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeTime } from "../readable.ts";
import { withService } from "../with-service.ts";

interface Json {
  readonly json?: boolean;
}

interface SetOptions extends Json {
  readonly action: string;
  readonly event?: string[];
  readonly allEvents?: boolean;
  readonly outcomes?: boolean;
  readonly outcome?: string;
  readonly reason?: string;
  readonly ofAction?: string;
  readonly run?: string;
  readonly label?: string;
}

export function addSubscriptions(program: Command, context: Context): void {
  const group = program
    .command("subscriptions")
    .description("Events and outcomes that Postrider delivers as webhooks; API processes carry them");
  addReading(group, context);
  addSet(group, context);
  addRest(group, context);
}

function addReading(group: Command, { settings, output }: Context): void {
  group
    .command("list")
    .description("List the subscriptions")
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const all = await withService(settings(), ({ subscriptions }) => subscriptions.list());
      if (json === true) return output.json({ subscriptions: all.map(toJson) });
      if (all.length === 0)
        return output.line(
          "no subscriptions; make one with: postrider subscriptions set ID --action ACTION --event TYPE",
        );
      output.table(
        ["SUBSCRIPTION", "ACTION", "UNREAD", "DELIVERED", "FAILED", "DELIVERS", "PROBLEM"],
        all.map((one) => [
          ...[one.id, one.action, one.unread, one.recent?.delivered ?? "", one.recent?.failed ?? ""],
          ...[describe(one), one.problem?.code ?? one.recent?.lastFailure?.reason ?? ""],
        ]),
      );
    });
  group
    .command("show <id>")
    .description("Show a subscription, how far behind it is, and what keeps it from being delivered")
    .option("--json", "for programs")
    .action(async (id: string, { json }: Json) => {
      const one = await withService(settings(), ({ subscriptions }) => subscriptions.get(id));
      if (json === true) return output.json(toJson(one));
      const { action, updatedAt, unread, missed, problem } = one;
      output.line(`${id}: ${describe(one)}, by ${action}, since ${describeTime(updatedAt)}`);
      output.line(unread === 0 ? "nothing is unread" : `${unread} events and outcomes are not looked at yet`);
      if (missed > 0) output.line(`${missed} were gone before they could be looked at`);
      if (problem !== null)
        output.line(`not delivered (${describeTime(problem.at)}): ${problem.message} (${problem.code})`);
      for (const line of describeRecent(one)) output.line(line);
    });
}

function addSet(group: Command, { settings, output }: Context): void {
  group
    .command("set <id>")
    .description("Save a subscription; a new one begins with what is told from now on")
    .requiredOption("--action <action>", "what sends them, such as hook or hook@2; its templates see `event`")
    .option("--event <type...>", "types of events, as docs/events.md lists them")
    .option("--all-events", "every type of event")
    .option("--outcomes", "outcomes, too: all of them, unless what follows says which")
    .option("--outcome <outcome>", "of the outcomes only those: delivered, failed, expired, cancelled")
    .option("--reason <reason>", "… that ended for this reason")
    .option("--of-action <action>", "… of this action, such as welcome or welcome@2")
    .option("--run <run>", "… of this run")
    .option("--label <label>", "… with this label")
    .option("--json", "for programs")
    .addHelpText(
      "after",
      `
Examples:
  postrider subscriptions set pager --action page-on-call --event run.completed dead_letters.threshold
  postrider subscriptions set crm --action tell-crm --outcome failed --of-action welcome`,
    )
    .action(async (id: string, options: SetOptions) => {
      // The library says what is wrong with it.
      const document = toDocument(options) as unknown as SubscriptionDocument;
      const saved = await withService(settings(), ({ subscriptions }) => subscriptions.set(id, document));
      if (options.json === true) return output.json({ ...toJson(saved.subscription), isNew: saved.isNew });
      output.line(`subscription ${id} ${saved.isNew ? "made" : "changed"}: ${describe(saved.subscription)}`);
    });
}

function addRest(group: Command, { settings, output }: Context): void {
  group
    .command("remove <id>")
    .description("Remove a subscription; what has been enqueued for it is sent")
    .option("--json", "for programs")
    .action(async (id: string, { json }: Json) => {
      await withService(settings(), ({ subscriptions }) => subscriptions.remove(id));
      if (json === true) return output.json({ removed: id });
      output.line(`subscription ${id} removed`);
    });
  group
    .command("test <id>")
    .description("Deliver a sample event to a subscription")
    .option("--type <type>", "of this type, such as run.completed or outcome.failed")
    .option("--json", "for programs")
    .action(async (id: string, { type, json }: Json & { readonly type?: string }) => {
      const delivery = await withService(settings(), ({ subscriptions }) => subscriptions.test(id, type));
      if (json === true) return output.json({ delivery });
      output.line(`enqueued; look at it with: postrider deliveries show ${delivery}`);
    });
}

function toDocument(options: SetOptions): Readonly<Record<string, unknown>> {
  const { action, event, allEvents, outcome, reason, ofAction, run, label } = options;
  const filter = Object.fromEntries(
    Object.entries({ outcome, reason, action: ofAction, run, label }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const hasOutcomes = options.outcomes === true || Object.keys(filter).length > 0;
  const events = allEvents === true ? EVENT_TYPES : event;
  return { action, ...(events !== undefined && { events }), ...(hasOutcomes && { outcomes: filter }) };
}

function describe({ events, outcomes }: Subscription): string {
  const filter = Object.entries(outcomes ?? {}).map(([name, value]) => `${name} ${value}`);
  const outcomesText = outcomes === null ? [] : [["outcomes", ...filter].join(" ")];
  return [...(events ?? []), ...outcomesText].join(", ");
}

function describeRecent({ id, recent }: Subscription): string[] {
  if (recent === null) return [];
  const { delivered, failed, open, lastFailure } = recent;
  if (delivered + failed + open === 0)
    return ["nothing was sent for it yet, or what was is not kept any more"];
  const counts = `of the latest: ${delivered} delivered, ${failed} failed, ${open} open; see them with: postrider customers show ${id}`;
  if (lastFailure === null) return [counts];
  const { delivery, reason, status, at } = lastFailure;
  const what = status === null ? reason : `${reason}, status ${status}`;
  return [counts, `failed last (${describeTime(at)}): ${what}; postrider deliveries show ${delivery}`];
}

function toJson({
  createdAt,
  updatedAt,
  problem,
  recent,
  ...one
}: Subscription): Readonly<Record<string, unknown>> {
  const toTime = (ms: number): string => new Date(ms).toISOString();
  return {
    ...one,
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
    problem: problem === null ? null : { ...problem, at: toTime(problem.at) },
    recent: recent && {
      ...recent,
      lastFailure: recent.lastFailure && { ...recent.lastFailure, at: toTime(recent.lastFailure.at) },
    },
  };
}
