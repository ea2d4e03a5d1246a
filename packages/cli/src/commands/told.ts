// `tail`, `groups` and `remove-group`, of outcomes and of events: what is told, as it comes, and how far
// those are who read it.

import { once } from "node:events";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { describeTime } from "../readable.ts";
import { toResumeLine } from "../resume.ts";
import type { FollowOptions, Service, Told } from "../service.ts";
import { readPages } from "../told-pages.ts";
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

/** What is told, how it is reached, and how one of it is printed. */
export interface Telling<E extends { readonly cursor: string }> {
  readonly kind: "outcomes" | "events";
  readonly description: string;
  /** Lines of examples of `tail`. */
  readonly examples: readonly string[];
  /** The setting that says how many are kept. */
  readonly keptBy: string;
  readonly of: (service: Service) => Told<E>;
  readonly toJson: (entry: E) => string;
  readonly toLine: (entry: E) => string;
}

export function addTold<E extends { readonly cursor: string }>(
  program: Command,
  context: Context,
  telling: Telling<E>,
): void {
  const { kind, description, examples, of } = telling;
  const { settings, output } = context;
  const group = program.command(kind).description(description);
  group
    .command("tail")
    .description(`Print ${kind} as they come, until it is stopped`)
    .option("--group <name>", "go on where the group's last reader stopped, and note how far this one is")
    .option("--after <cursor>", `go on behind this cursor, which --json prints with each of the ${kind}`)
    .addOption(
      new Option("--start <where>", "where to begin otherwise")
        .choices(["oldest", "newest"])
        .default("newest"),
    )
    .option("--once", "end when all that there is has been printed")
    .option("--json", "one JSON object a line, for programs")
    .addHelpText("after", ["", "Examples:", ...examples.map((line) => `  ${line}`)].join("\n"))
    .action((options: TailOptions) =>
      withService(settings(), (service) =>
        untilInterrupted((signal) => tail(of(service), options, { telling, context, signal }), context.end),
      ),
    );
  group
    .command("groups")
    .description(`List the groups of readers, and how many ${kind} each has yet to read`)
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const groups = await withService(settings(), (service) => of(service).groups());
      if (json === true) return output.json({ groups });
      if (groups.length === 0) return output.line(`no group reads ${kind}`);
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
      await withService(settings(), (service) => of(service).removeGroup(name));
      if (json === true) return output.json({ removed: name });
      output.line(`${name} removed`);
    });
}

interface Tailing<E extends { readonly cursor: string }> {
  readonly telling: Telling<E>;
  readonly context: Context;
  readonly signal: AbortSignal;
}

async function tail<E extends { readonly cursor: string }>(
  told: Told<E>,
  options: TailOptions,
  { telling, context, signal }: Tailing<E>,
): Promise<void> {
  const { kind, keptBy, toJson, toLine } = telling;
  const { surroundings, output } = context;
  const onMissed = (missed: number | null): void =>
    output.note(
      missed === null
        ? `Redis has lost ${kind} that were told before; what is kept follows`
        : `${missed} ${kind} are gone unread: they are kept for as many as ${keptBy} says`,
    );
  const { group, after, start, json } = options;
  const reading = { group, after, start, onMissed, signal };
  const entries = options.once === true ? readThrough(told, reading) : told.follow(reading);
  let cursor: string | null = null;
  for await (const entry of entries) {
    ({ cursor } = entry);
    const line = json === true ? toJson(entry) : toLine(entry);
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

/** All that there is. */
async function* readThrough<E>({ page }: Told<E>, options: FollowOptions): AsyncGenerator<E> {
  for await (const entries of readPages(page, options)) {
    if (entries.length === 0) return;
    yield* entries;
  }
}
