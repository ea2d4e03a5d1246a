// `postrider outcomes`: what became of deliveries, as they end; and how far those are who read them.

import { once } from "node:events";
import type { ReadOutcome } from "@postrider/producer/outcomes/outcomes";
import { stringifyExact } from "@postrider/shared/exact-json";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { describeAttempts, describeCustomer, describeTime } from "../readable.ts";
import { toResumeLine } from "../resume.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";

interface Json {
  readonly json?: boolean;
}

interface TailOptions extends Json {
  readonly group?: string;
  readonly after?: string;
  readonly start: "oldest" | "newest";
  readonly once?: boolean;
}

export function addOutcomes(program: Command, context: Context): void {
  const { settings, output } = context;
  const group = program.command("outcomes").description("How deliveries ended, as they do");
  group
    .command("tail")
    .description("Print outcomes as they come, until it is stopped")
    .option("--group <name>", "go on where the group's last reader stopped, and note how far this one is")
    .option("--after <cursor>", "go on behind this cursor, which --json prints with each outcome")
    .addOption(
      new Option("--start <where>", "where to begin otherwise")
        .choices(["oldest", "newest"])
        .default("newest"),
    )
    .option("--once", "end when all that there is has been printed")
    .option("--json", "one JSON object a line, for programs")
    .addHelpText(
      "after",
      `
Examples:
  postrider outcomes tail
  postrider outcomes tail --start oldest --once --json > outcomes.ndjson
  postrider outcomes tail --group warehouse --json | ./load-into-warehouse`,
    )
    .action((options: TailOptions) =>
      withService(settings(), (service) =>
        untilInterrupted((signal) => tail(service, options, context, signal), context.end),
      ),
    );
  group
    .command("groups")
    .description("List the groups of readers, and how many outcomes each has yet to read")
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const groups = await withService(settings(), ({ outcomes }) => outcomes.groups());
      if (json === true) return output.json({ groups });
      if (groups.length === 0) return output.line("no group reads outcomes");
      output.table(
        ["GROUP", "UNREAD", "LAST READ"],
        groups.map(({ group: name, unread, readAt }) => [name, unread, describeTime(readAt)]),
      );
    });
  group
    .command("remove-group <name>")
    .description("Forget a group of readers that nobody reads for any more")
    .option("--json", "for programs")
    .action(async (name: string, { json }: Json) => {
      await withService(settings(), ({ outcomes }) => outcomes.removeGroup(name));
      if (json === true) return output.json({ removed: name });
      output.line(`${name} removed`);
    });
}

async function tail(
  service: Service,
  options: TailOptions,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { surroundings, output } = context;
  const onMissed = (missed: number | null): void =>
    output.note(
      missed === null
        ? "Redis has lost outcomes that were told before; what is kept follows"
        : `${missed} outcomes are gone unread: they are kept for as many as POSTRIDER_OUTCOMES_KEPT says`,
    );
  let cursor: string | null = null;
  for await (const outcome of read(service, options, onMissed, signal)) {
    ({ cursor } = outcome);
    const line = options.json === true ? stringifyExact(toJson(outcome)) : toLine(outcome);
    // A reader that takes its time holds this up, and nothing piles up in between.
    if (!surroundings.stdout.write(`${line}\n`))
      await once(surroundings.stdout, "drain", { signal }).catch(() => undefined);
  }
  if (signal.aborted) sayHowToGoOn(options, cursor, context);
}

/** A group keeps its place; without one the last cursor is the place. */
function sayHowToGoOn({ group }: TailOptions, cursor: string | null, { words, output }: Context): void {
  const changes = group === undefined ? { "--start": null, "--after": cursor } : { "--after": null };
  const isPlaceKnown = group !== undefined || cursor !== null;
  output.note(`stopped; this goes on where it stopped: ${toResumeLine(words, isPlaceKnown ? changes : {})}`);
}

type OnMissed = (missed: number | null) => void;

function read(
  { outcomes }: Service,
  options: TailOptions,
  onMissed: OnMissed,
  signal: AbortSignal,
): AsyncIterable<ReadOutcome> {
  const { group, after, start, once: isOnce } = options;
  return isOnce === true
    ? readOnce(outcomes, options, onMissed, signal)
    : outcomes.follow({ group, after, start, onMissed, signal });
}

/** All that there is. */
async function* readOnce(
  outcomes: Service["outcomes"],
  { group, after, start }: TailOptions,
  onMissed: OnMissed,
  signal: AbortSignal,
): AsyncGenerator<ReadOutcome> {
  let cursor = after;
  while (!signal.aborted) {
    const page = await outcomes.read({
      start,
      ...(group !== undefined && { group }),
      ...(cursor !== undefined && { after: cursor }),
    });
    if (page.missed !== 0) onMissed(page.missed);
    yield* page.outcomes;
    cursor = page.after;
    if (page.outcomes.length === 0) return;
  }
}

function toJson({ endedAt, ...outcome }: ReadOutcome): Readonly<Record<string, unknown>> {
  return { ...outcome, endedAt: new Date(endedAt).toISOString() };
}

function toLine(outcome: ReadOutcome): string {
  const { endedAt, reason, status, attempts, action, run, customer, id, labels, attributes } = outcome;
  const attributesText = Object.keys(attributes).length === 0 ? [] : [stringifyExact(attributes)];
  return [
    describeTime(endedAt),
    outcome.outcome,
    status === null ? reason : `${reason} ${status}`,
    describeAttempts(attempts),
    action,
    ...(run === null ? [] : [`run ${run}`]),
    `customer ${describeCustomer(customer ?? "")}`,
    id,
    ...labels.map((label) => `#${label}`),
    ...attributesText,
  ].join("  ");
}
